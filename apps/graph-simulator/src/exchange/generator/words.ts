/** Made-up people, places and sentences in several scripts. */
import type { Address } from '../store/item.js';
import { Rng } from './random.js';

export const outsiders: readonly Address[] = [
  { name: 'Nora Lindqvist', address: 'nora.lindqvist@northwind.example' },
  { name: 'Jürgen Groß', address: 'juergen.gross@adatum.example' },
  { name: 'Олена Коваль', address: 'olena.koval@tailspin.example' },
  { name: '山田 太郎', address: 'taro.yamada@wingtip.example' },
  { name: 'Amélie Durand', address: 'amelie.durand@lamna.example' },
  { name: 'محمد علي', address: 'mohamed.ali@proseware.example' },
  { name: 'Papadakis, Γιώργος', address: 'g.papadakis@fourthcoffee.example' },
  { name: "Aoife O'Neill", address: 'aoife.oneill@relecloud.example' },
];
export const subjects = ['Quarterly numbers', 'Angebot über 40 Stück', 'Réunion de lundi', 'Протокол встречи', '会議の議事録', '回复: 预算', 'תזכורת לפגישה', 'الميزانية السنوية', 'Πρόσκληση', 'Żółta notatka', 'Holiday plans 🏖️', 'RE: RE: contract "final" v2', 'AW: Lieferung <dringend>', 'Offer & order', 'Travel 50% off', '', 'ครั้งต่อไป', 'Line up = go', 'Zo\u00eb vs Zoe\u0308'] as const;
const words = 'the plan budget review window order station river green paper meeting table note answer Zahl Straße größer été naïve façade данные отчёт неделя 数据 会议 報告 テスト שלום سلام γράμμα ζήτημα źródło łąka'.split(' ');
export const folderNames = ['Projects', 'Kunden & Partner', 'Été 2024', 'Проекты', '项目', 'プロジェクト', 'Files', 'פרויקטים', 'مشاريع', 'Έργα', "O'Brien's", 'A/B tests', '100% done', '🚀 Launch', 'Projects', 'Rechnungen', 'Old   spaces', 'Zürich', 'c#', 'What?', 'Łódź'] as const;
export const categoryNames = ['Project Blue', 'Priorité', 'Важно', '重要', 'Privat'] as const;

/** Texts are put together from these: drawing every word anew would be most of the work of making a message. */
const sentences: readonly string[] = Array.from({ length: 512 }, (_each, n) => {
  const rng = new Rng(`sentence ${String(n)}`);
  return Array.from({ length: 5 + rng.below(12) }, () => rng.pick(words)).join(' ');
});

/** Text of `chars` characters. */
export function text(rng: Rng, chars: number): string {
  const parts: string[] = [];
  for (let length = 0; length < chars; ) {
    const sentence = rng.pick(sentences);
    parts.push(sentence);
    length += sentence.length + 1;
  }
  return parts.join(' ').slice(0, chars);
}
/** One of the outsiders, or a colleague made of number and domain. */
export function person(rng: Rng, domain: string): Address {
  if (rng.chance(2)) return rng.pick(outsiders);
  const number = rng.below(40);
  return { name: `Colleague ${String(number)}`, address: `colleague${String(number)}@${domain}` };
}
