import { createWSClient, TRPCClientError, wsLink, type OperationLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { AppRouter } from '../server/trpc/router';
import { errorCodes, type ErrorShapeData } from '../shared/error-codes';
import { maxSubscriptionsPerSocket } from '../shared/socket-bounds.js';
import { boundedMessages } from './bounded-messages';

type Refusal = TRPCClientError<AppRouter>;
type Runtime = Parameters<TRPCLink<AppRouter>>[0];

/** What this needs of a WebSocket, be it the browser's or the `ws` package's; the latter alone tells a refusal's status. */
export type LiveSocket = {
	addEventListener(type: 'open', listener: () => void): void;
	addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
	send(text: string): void;
	close(): void;
	once?(
		event: 'unexpected-response',
		listener: (request: unknown, response: { statusCode?: number | undefined }) => void,
	): unknown;
};

export type LiveOptions = {
	/** Where the socket is, with `ws:` or `wss:`. */
	url: () => string;
	openSocket: (url: string) => LiveSocket;
	/** Asks over HTTP, which tells what a failed handshake does not: the error when nobody is signed in, else null. */
	findRefusal: () => Promise<Refusal | null>;
};

/** The close code for what breaks the rules (RFC 6455). */
const policyViolation = 1008;

/**
 * Subscriptions over one WebSocket, which opens with the first of them and comes back after a lost connection. When the server refuses it
 * for good, they all end with the reason: NOT_SIGNED_IN, or THROTTLED for too many sockets, and beyond 20 subscriptions at once for the
 * newest alone. `close` ends them without an error; one that is begun later opens a new socket.
 */
export function createLive(options: LiveOptions): { link: TRPCLink<AppRouter>; close: () => void } {
	const observers = new Set<{ error: (error: Refusal) => void }>();
	let live: { link: OperationLink<AppRouter>; close: () => void } | null = null;

	function close(): void {
		const closing = live;
		live = null;
		closing?.close();
	}

	function end(error: Refusal): void {
		for (const observer of [...observers]) observer.error(error);
		close();
	}

	function connect(runtime: Runtime) {
		const current = connection(options, runtime, (error) => {
			if (live === current) end(error);
		});
		return current;
	}

	const link: TRPCLink<AppRouter> =
		(runtime) =>
		({ op, next }) =>
			observable((observer) => {
				if (observers.size >= maxSubscriptionsPerSocket) {
					observer.error(throttled());
					return;
				}
				live ??= connect(runtime);
				observers.add(observer);
				const subscription = live.link({ op, next }).subscribe(observer);
				return () => {
					observers.delete(observer);
					subscription.unsubscribe();
				};
			});
	return { link, close };
}

function connection(
	{ url, openSocket, findRefusal }: LiveOptions,
	runtime: Runtime,
	onRefused: (error: Refusal) => void,
) {
	let isAsking = false;
	/** Whether sh0 is away for a while or lets nobody in: only the latter is an end. */
	async function judge(status: number | null): Promise<void> {
		if (isAsking) return;
		isAsking = true;
		const error = status === 429 ? throttled() : await findRefusal().catch(() => null);
		isAsking = false;
		if (error) onRefused(error);
	}

	function open(address: string): LiveSocket {
		const socket = openSocket(address);
		let hasOpened = false;
		let status: number | null = null;
		socket.addEventListener('open', () => (hasOpened = true));
		socket.once?.('unexpected-response', (_request, response) => {
			status = response.statusCode ?? null;
			socket.close();
		});
		socket.addEventListener('close', ({ code }) => {
			if (code === policyViolation) onRefused(throttled());
			else if (!hasOpened) void judge(status);
		});
		const send = socket.send.bind(socket);
		socket.send = (text) => {
			for (const message of boundedMessages(text)) send(message);
		};
		return socket;
	}

	const client = createWSClient({ url, WebSocket: socketClass(open) });
	return { link: wsLink<AppRouter>({ client })(runtime), close: () => client.close() };
}

/** tRPC makes its sockets with `new` and an address alone. */
function socketClass(open: (url: string) => LiveSocket): typeof globalThis.WebSocket {
	// All that tRPC reads of the class.
	class Named {
		static readonly OPEN = 1;
	}
	const made = new Proxy(Named, { construct: (_target, [url]) => open(String(url)) });
	return made as unknown as typeof globalThis.WebSocket;
}

/** As the server says it, where no call came so far as to be answered. */
function throttled(): Refusal {
	const data: ErrorShapeData & { code: string; httpStatus: number } = {
		...{ code: errorCodes.THROTTLED, httpStatus: 429, appCode: 'THROTTLED' },
		...{ details: {}, field: null, requestId: '' },
	};
	return TRPCClientError.from({
		error: { code: TRPC_ERROR_CODES_BY_KEY.TOO_MANY_REQUESTS, message: 'THROTTLED', data },
	});
}
