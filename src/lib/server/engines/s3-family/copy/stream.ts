import { createHash, type Hash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { CALL_LIMIT_MS, faultOf, NotInTime, TransferFault, type Side } from './client';
import type { Listed } from './objects';

/** What stands still for so long is given up. */
const IDLE_MS = 60_000;

/** Nothing moves any more: `inTarget` when the target takes no more of what has come. */
class Stalled extends NotInTime {
	readonly inTarget: boolean;

	constructor(inTarget: boolean) {
		super('nothing moves');
		this.inTarget = inTarget;
	}
}

/** Bytes on their way: counted, hashed, and watched that they move. */
export class Meter extends Transform {
	readonly #hash: Hash = createHash('md5');
	readonly #onBytes: (bytes: number) => void;
	readonly #idle: NodeJS.Timeout;
	sizeBytes = 0;

	constructor(onBytes: (bytes: number) => void) {
		super();
		this.#onBytes = onBytes;
		const giveUp = () => this.destroy(new Stalled(this.readableLength > 0));
		this.#idle = setTimeout(giveUp, IDLE_MS).unref();
	}

	override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
		this.#idle.refresh();
		this.#hash.update(chunk);
		this.sizeBytes += chunk.length;
		try {
			this.#onBytes(chunk.length);
		} catch (error) {
			// Thrown from here it would be nobody's, and end the process: a full disk, for one.
			return done(error instanceof Error ? error : new Error('not counted', { cause: error }));
		}
		this.push(chunk);
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		clearTimeout(this.#idle);
		done(error);
	}

	md5(): string {
		return this.#hash.copy().digest('hex');
	}
}

export type Piece = { PartNumber?: number; Range?: string };

/** Opens an object, or a piece of it, as it was listed. Throws TransferFault: PreconditionFailed when it is another one by now. */
export async function openPiece(
	{ role, s3, bucket }: Side,
	{ key, etag }: Listed,
	piece: Piece,
	signal: AbortSignal,
): Promise<GetObjectCommandOutput & { Body: Readable }> {
	// A limit for the answer's head alone: the body takes as long as it moves.
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(), CALL_LIMIT_MS);
	const abortSignal = AbortSignal.any([signal, limit.signal]);
	const condition = etag === '' ? {} : { IfMatch: etag };
	const answer = await s3
		.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...condition, ...piece }), { abortSignal })
		.catch((error: unknown) => {
			signal.throwIfAborted();
			throw faultOf(role, error);
		})
		.finally(() => clearTimeout(timer));
	const { Body, ETag } = answer;
	if (!(Body instanceof Readable)) throw new TransferFault(role, 'refused', 'NoBody');
	if (etag !== '' && bare(ETag) !== bare(etag)) {
		Body.destroy();
		throw new TransferFault(role, 'refused', 'PreconditionFailed');
	}
	return { ...answer, Body };
}

/** Some servers put quotes around it in one answer and not in another. */
function bare(etag: string | undefined): string | undefined {
	return etag?.replaceAll('"', '');
}

type FlowWork = { signal: AbortSignal; onBytes: (bytes: number) => void };

/** Lets an opened body flow into a request to the target; both end together, whichever fails. Throws TransferFault. */
export async function flow<T>(
	source: Side,
	target: Side,
	body: Readable,
	work: FlowWork,
	send: (meter: Meter, abortSignal: AbortSignal) => Promise<T>,
): Promise<{ answer: T; meter: Meter }> {
	const end = new AbortController();
	const signal = AbortSignal.any([work.signal, end.signal]);
	const meter = new Meter(work.onBytes);
	let failure: Error | undefined;
	const failed = ({ role }: Side, error: unknown): undefined => {
		failure ??= faultOf(role, error);
		end.abort();
		body.destroy();
	};
	const reading = pipeline(body, meter, { signal }).catch((error: unknown) =>
		failed(error instanceof Stalled && error.inTarget ? target : source, error),
	);
	const sending = send(meter, signal).catch((error: unknown) => failed(target, error));
	await reading;
	const timer = setTimeout(() => end.abort(), IDLE_MS);
	const answer = await sending.finally(() => clearTimeout(timer));
	work.signal.throwIfAborted();
	if (failure !== undefined || answer === undefined)
		throw failure ?? new TransferFault(target.role, 'away', 'unreachable');
	return { answer, meter };
}

/** The MD5 of what a server gives for an object. Throws TransferFault. */
export async function md5Of(side: Side, object: Listed, signal: AbortSignal): Promise<string> {
	const { Body } = await openPiece(side, object, {}, signal);
	const meter = new Meter(() => undefined);
	try {
		await pipeline(Body, meter.resume(), { signal });
	} catch (error) {
		signal.throwIfAborted();
		throw faultOf(side.role, error);
	}
	return meter.md5();
}
