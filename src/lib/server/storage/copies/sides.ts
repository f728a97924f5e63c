import { TransferFault, type Side } from '../../engines/s3-family/copy/client';
import { persistently } from '../persistently';
import { asAppError, type OpenSide } from './sources';

export type Sides = { source: Side; target: Side };

export type Opening = {
	/** Opens both sides anew: their keys end, and a restarted server is at another port. */
	open: () => Promise<{ source: OpenSide; target: OpenSide }>;
	signal: AbortSignal;
	/** Told of the side that does not answer just now, and null once the work goes on. */
	waitFor: (role: Side['role'] | null) => void;
};

/** How long the sides stay open, and whom to tell that the work got further. */
export type Opened = { endsAtMs: number; moved: () => void };

/** What may go well the next time although the side has answered, so that nobody is waited for. */
export class Hitch extends TransferFault {
	constructor({ role, code }: TransferFault) {
		super(role, 'away', code);
	}
}

/**
 * Does `part` with both sides open until it says that all is done, over restarts of either side. Throws what a side failed with once it
 * has not moved for two minutes.
 */
export async function withSides(
	{ open, signal, waitFor }: Opening,
	part: (sides: Sides, opened: Opened) => Promise<'all' | 'part'>,
): Promise<void> {
	const attempt = async (moved: () => void) => {
		const { source, target } = await open();
		const endsAtMs = Math.min(source.endsAtMs, target.endsAtMs);
		try {
			return await part({ source: source.side, target: target.side }, { endsAtMs, moved });
		} catch (error) {
			// The next one has another key.
			if (isKeyEnd(error, endsAtMs)) return 'part';
			throw error;
		} finally {
			source.close();
			target.close();
		}
	};
	const onWait = (error: unknown): void =>
		waitFor(error === null || error instanceof Hitch ? null : roleOf(error));
	try {
		await persistently(signal, attempt, { onWait });
	} catch (error) {
		throw asAppError(error);
	}
}

/** What is no fault of the source's own is said of the target. */
export function roleOf(error: unknown): Side['role'] {
	return error instanceof TransferFault ? error.role : 'target';
}

/** A key of sh0's own ends while objects are under way that take longer than it lasts. */
export function isKeyEnd(error: unknown, endsAtMs: number): boolean {
	if (!(error instanceof TransferFault) || Date.now() <= endsAtMs) return false;
	return error.kind === 'login' || error.isDenial;
}
