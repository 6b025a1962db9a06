/** A set of marks by 52 of their bits, in some 16 bytes a mark: a listing of millions can be remembered. Two marks are taken for one in fewer than one of a thousand such sets. */
export class MarkSet {
  #slots = new Float64Array(16);
  #size = 0;

  /** False when it was there. */
  add(mark: string): boolean {
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow();
    const added = this.#put(short(mark));
    if (added) this.#size++;
    return added;
  }

  has(mark: string): boolean {
    const value = short(mark);
    return this.#slots[this.#slotOf(value)] === value;
  }

  #put(value: number): boolean {
    const slot = this.#slotOf(value);
    if (this.#slots[slot] === value) return false;
    this.#slots[slot] = value;
    return true;
  }

  /** Where the value is, or would be: the next free place after the one its bits name. */
  #slotOf(value: number): number {
    const { length } = this.#slots;
    let slot = value % length;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== value) slot = slot + 1 === length ? 0 : slot + 1;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (const value of before) if (value !== 0) this.#put(value);
  }
}

/** Zero marks a free slot; a mark that begins with so many zeros shares its slot with the next one. */
const short = (mark: string): number => parseInt(mark.slice(0, 13), 16) || 1;
