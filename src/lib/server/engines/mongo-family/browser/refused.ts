import { AppError } from '../../../errors';
import { cutText } from '../../cells';

const maxLength = 2_000;

/** QUERY_REFUSED in the engine's own words. */
export function refusedByEngine(text: string): AppError {
	return new AppError('QUERY_REFUSED', { details: { text: cutText(text, maxLength) } });
}
