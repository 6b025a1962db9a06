/** What callers are told of devices that are not theirs or are not there. */
import { AppError, notFound } from '@migrator/contracts/errors';

export const deviceNotFound = (): AppError => notFound('DEVICE_NOT_FOUND');
export const wrongSecret = (): AppError => new AppError('UNAUTHORIZED', { publicMessage: 'The secret of the device is not right.' });
