import { abortUpload, completeUpload, createUpload, objectsKey, uploadedParts } from '$lib/actions/objects';
import { knownError, sentenceOf } from '$lib/i18n/errors';
import { objectPath, PART_BYTES, partBytesOf, type ObjectPlace } from '$lib/shared/storage-links';
import { refresh } from '$lib/state/refresh.svelte';
import type { Chosen } from './dropped';
import { Lanes } from './lanes';
import { UnfinishedUploads } from './resume';
import { sendPiece, Unreached } from './send';

/** Pieces on their way at once, and files that are worked at. */
const lanesCount = 3;
/** Waits before a piece is sent again when the panel was not reached: three minutes in all. */
const pausesMs = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 60_000];
/** What is sent again by itself, since it may go well the next time. */
const passing = new Set(['ENGINE_UNREACHABLE', 'ENGINE_NOT_READY', 'THROTTLED', 'SERVICE_NOT_RUNNING']);

export type UploadStatus = 'waiting' | 'running' | 'done' | 'failed';

/** One file on its way into a bucket. */
export class Upload {
	readonly id: number;
	readonly file: File;
	readonly place: ObjectPlace;
	status = $state<UploadStatus>('waiting');
	/** Why it failed, as a sentence. */
	problem = $state<string>();
	/** By part; a file in one piece is its only one. */
	readonly sent = $state<Record<number, number>>({});
	readonly sentBytes = $derived(Object.values(this.sent).reduce((sum, bytes) => sum + bytes, 0));
	abort = new AbortController();

	constructor(id: number, file: File, place: ObjectPlace) {
		this.id = id;
		this.file = file;
		this.place = place;
	}

	begin(): void {
		this.abort = new AbortController();
		this.status = 'waiting';
		this.problem = undefined;
		for (const part of Object.keys(this.sent)) delete this.sent[Number(part)];
	}
}

/** Files on their way into buckets, whatever page is open; large ones go on where they stopped, after a reload too. */
class Uploads {
	list = $state<Upload[]>([]);
	readonly active = $derived(
		this.list.filter(({ status }) => status === 'waiting' || status === 'running').length,
	);
	readonly #files = new Lanes(lanesCount);
	readonly #pieces = new Lanes(lanesCount);
	#nextId = 1;
	#refreshing: ReturnType<typeof setTimeout> | undefined;

	add(target: Omit<ObjectPlace, 'key'> & { prefix: string }, chosen: readonly Chosen[]): void {
		const { prefix, ...bucket } = target;
		const made = chosen.map(
			({ file, path }) => new Upload(this.#nextId++, file, { ...bucket, key: prefix + path }),
		);
		this.list = [...this.list, ...made];
		for (const upload of made) this.#start(upload);
	}

	retry(upload: Upload): void {
		upload.begin();
		this.#start(upload);
	}

	/** Takes it back, with the parts that are there. */
	async cancel(upload: Upload): Promise<void> {
		upload.abort.abort();
		this.list = this.list.filter(({ id }) => id !== upload.id);
		const kept = unfinished().find(upload.place, upload.file);
		if (kept === null || upload.status === 'done') return;
		unfinished().forget(upload.place, upload.file);
		// What is left all the same goes with the engine's own cleaning.
		await abortUpload({ ...upload.place, uploadId: kept.uploadId }).catch(() => undefined);
	}

	clearEnded(): void {
		this.list = this.list.filter(({ status }) => status === 'waiting' || status === 'running');
	}

	#start(upload: Upload): void {
		void this.#files.run(async () => {
			const { signal } = upload.abort;
			if (signal.aborted) return;
			upload.status = 'running';
			try {
				await this.#send(upload, signal);
				upload.status = 'done';
				this.#refreshSoon();
			} catch (error) {
				if (signal.aborted) return;
				await import('$lib/i18n/error-sentences');
				upload.problem = sentenceOf(error);
				upload.status = 'failed';
			}
		});
	}

	async #send(upload: Upload, signal: AbortSignal): Promise<void> {
		const { file, place } = upload;
		if (file.size <= PART_BYTES) return this.#sendPart(upload, signal, { number: 1, body: file });
		const { uploadId, partBytes, there } = await this.#begun(upload);
		const parts = Math.ceil(file.size / partBytes);
		const missing: { number: number; body: Blob }[] = [];
		for (let number = 1; number <= parts; number += 1) {
			const body = file.slice((number - 1) * partBytes, number * partBytes);
			if (there.get(number) === body.size) upload.sent[number] = body.size;
			else missing.push({ number, body });
		}
		const failed = new AbortController();
		const either = AbortSignal.any([signal, failed.signal]);
		await Promise.all(missing.map((part) => this.#sendPart(upload, either, part, uploadId))).catch(
			(error: unknown) => {
				// The others need not go on.
				failed.abort();
				throw error;
			},
		);
		await again(signal, () => completeUpload({ ...place, uploadId, parts, sizeBytes: file.size })).catch(
			(error: unknown) => {
				if (isOver(error)) unfinished().forget(place, file);
				throw error;
			},
		);
		unfinished().forget(place, file);
	}

	/** The upload that this file was begun with, or a new one. */
	async #begun({ file, place }: Upload): Promise<{
		uploadId: string;
		partBytes: number;
		there: Map<number, number>;
	}> {
		const kept = unfinished().find(place, file);
		if (kept !== null) {
			const parts = await uploadedParts({ ...place, uploadId: kept.uploadId }).catch((error: unknown) => {
				if (isOver(error)) return null;
				throw error;
			});
			if (parts !== null)
				return { ...kept, there: new Map(parts.map(({ number, sizeBytes }) => [number, sizeBytes])) };
		}
		const partBytes = partBytesOf(file.size);
		const uploadId = await createUpload({ ...place, contentType: typeOf(file) });
		unfinished().keep(place, file, { uploadId, partBytes });
		return { uploadId, partBytes, there: new Map() };
	}

	#sendPart(
		upload: Upload,
		signal: AbortSignal,
		{ number, body }: { number: number; body: Blob },
		uploadId?: string,
	): Promise<void> {
		const part = uploadId === undefined ? {} : { uploadId, partNumber: number };
		return this.#pieces.run(() =>
			again(signal, () =>
				sendPiece({
					...{ path: objectPath(upload.place, part), body, signal },
					type: uploadId === undefined ? typeOf(upload.file) : '',
					onprogress: (bytes) => (upload.sent[number] = bytes),
				}),
			),
		);
	}

	/** Many small files end one after another. */
	#refreshSoon(): void {
		if (this.#refreshing !== undefined) return;
		this.#refreshing = setTimeout(() => {
			this.#refreshing = undefined;
			void refresh(objectsKey);
		}, 700);
	}
}

const unfinished = () => new UnfinishedUploads(localStorage);

const typeOf = ({ type }: File) =>
	/^[\w.+-]{1,49}\/[\w.+-]{1,49}$/.test(type) ? type : 'application/octet-stream';

/** True for an upload that cannot be gone on with. */
function isOver(error: unknown): boolean {
	const code = knownError(error)?.code;
	return code === 'UPLOAD_NOT_FOUND' || code === 'UPLOAD_INCOMPLETE';
}

/** Tries again, after a while each time, what was not answered or may go well later. */
async function again<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
	for (const pauseMs of pausesMs) {
		try {
			return await attempt();
		} catch (error) {
			const known = knownError(error);
			const mayPass = error instanceof Unreached || known === undefined || passing.has(known.code);
			if (signal.aborted || !mayPass) throw error;
			await pause(signal, pauseMs);
		}
	}
	return attempt();
}

/** Ends early when the line is there again. */
function pause(signal: AbortSignal, ms: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const end = () => {
			clearTimeout(timer);
			window.removeEventListener('online', end);
			signal.removeEventListener('abort', end);
			if (signal.aborted) reject(new DOMException('taken back', 'AbortError'));
			else resolve();
		};
		const timer = setTimeout(end, ms);
		window.addEventListener('online', end);
		signal.addEventListener('abort', end);
	});
}

/** Browser only: on the server nothing adds to it. */
export const uploads = new Uploads();
