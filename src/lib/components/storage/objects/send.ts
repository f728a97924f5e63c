import { isErrorCode } from '$lib/i18n/errors';

export type Piece = {
	path: string;
	body: Blob;
	type: string;
	signal: AbortSignal;
	/** Told how many of its bytes are on their way. */
	onprogress(sentBytes: number): void;
};

/** The panel could not be reached; what it was asked for may be asked again. */
export class Unreached extends Error {}

/** What the panel refused with, as `sentenceOf` reads it. */
class Refused extends Error {
	readonly data: unknown;

	constructor(data: unknown) {
		super('refused');
		this.data = data;
	}
}

function field(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function refusalOf(text: string): unknown {
	try {
		return field(field(field(JSON.parse(text), 'error'), 'json'), 'data');
	} catch {
		return undefined;
	}
}

/**
 * Sends one piece; `fetch` would not tell how far it is. Throws what the panel refused it with, Unreached when there was no answer, and an
 * AbortError when it was taken back.
 */
export function sendPiece({ path, body, type, signal, onprogress }: Piece): Promise<void> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		const abort = () => request.abort();
		request.open('PUT', path);
		if (type !== '') request.setRequestHeader('content-type', type);
		request.upload.onprogress = ({ loaded }) => onprogress(Math.min(loaded, body.size));
		request.onload = () => {
			if (request.status === 200) return resolve();
			const data = refusalOf(request.responseText);
			reject(isErrorCode(field(data, 'appCode')) ? new Refused(data) : new Unreached());
		};
		request.onerror = () => reject(new Unreached());
		request.onabort = () => reject(new DOMException('taken back', 'AbortError'));
		request.onloadend = () => signal.removeEventListener('abort', abort);
		if (signal.aborted) return request.onabort(new ProgressEvent('abort'));
		signal.addEventListener('abort', abort);
		request.send(body);
	});
}
