import { createTRPCProxyClient, httpLink, splitLink, TRPCClientError } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import superjson from 'superjson';
import type { AppRouter } from '../server/trpc/router';
import { errorCodes, type ErrorCode, type ErrorDetails } from '../shared/error-codes';
import { createLive, type LiveSocket } from './live-link';

export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
export type Client = ReturnType<typeof createClient>;

/** A WebSocket class whose second argument takes headers, as `ws` has it. */
export type SocketClass = new (url: string, options: { headers: Record<string, string> }) => LiveSocket;

export type ClientOptions = {
	/** Where sh0 listens, such as `https://panel.example.com`; empty for the page's own origin. */
	url?: string;
	/** An API token; pages leave it out and use their session. */
	token?: string;
	fetch?: typeof globalThis.fetch;
	/** For subscriptions with a token: the `ws` package's class, which unlike a browser's can send a header. */
	WebSocket?: SocketClass;
};

/**
 * A typed client of the whole API. Subscriptions open one WebSocket at first use; everything else is plain HTTP. `close()` ends all
 * subscriptions and their socket, which else keeps a script running.
 */
export function createClient({ url = '', token, fetch, WebSocket }: ClientOptions = {}) {
	const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
	const live = createLive({
		url: () => `${(url || globalThis.location.origin).replace(/^http/, 'ws')}/trpc`,
		openSocket: (address) => {
			if (WebSocket) return new WebSocket(address, { headers });
			if (token === undefined) return new globalThis.WebSocket(address);
			throw new Error(
				'Subscriptions with a token need createClient({ WebSocket }): the class of the ws package.',
			);
		},
		findRefusal: () => calls.auth.me.query().then(() => null, signedOut),
	});
	const calls = createTRPCProxyClient<AppRouter>({
		transformer: superjson,
		links: [
			splitLink({
				condition: (operation) => operation.type === 'subscription',
				true: live.link,
				false: httpLink({ url: `${url}/trpc`, headers, ...(fetch ? { fetch } : {}) }),
			}),
		],
	});
	return withClose(calls, live.close);
}

/** The client is a Proxy of its own, which takes every name for a part of the API. */
function withClose<T extends object>(calls: T, close: () => void): T & { close: () => void } {
	const get = (target: T, name: string | symbol): unknown =>
		name === 'close' ? close : Reflect.get(target, name);
	return new Proxy(calls, { get }) as T & { close: () => void };
}

/** The error when it says that nobody is signed in. */
function signedOut(error: unknown): TRPCClientError<AppRouter> | null {
	return error instanceof TRPCClientError && toApiError(error).code === 'NOT_SIGNED_IN' ? error : null;
}

export type ApiError = { code: ErrorCode; details: ErrorDetails; field: string | null; requestId: string };

/** What went wrong, as one of our codes; INTERNAL when the answer was not ours (no connection, a proxy's page). */
export function toApiError(error: unknown): ApiError {
	const data: unknown = error instanceof TRPCClientError ? error.data : null;
	if (typeof data === 'object' && data !== null && 'appCode' in data && isErrorCode(data.appCode)) {
		const details = 'details' in data && isDetails(data.details) ? data.details : {};
		const field = 'field' in data && typeof data.field === 'string' ? data.field : null;
		const requestId = 'requestId' in data && typeof data.requestId === 'string' ? data.requestId : '';
		return { code: data.appCode, details, field, requestId };
	}
	return { code: 'INTERNAL', details: {}, field: null, requestId: '' };
}

function isErrorCode(value: unknown): value is ErrorCode {
	return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

function isDetails(value: unknown): value is ErrorDetails {
	return typeof value === 'object' && value !== null;
}
