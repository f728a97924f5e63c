import {
	createTRPCProxyClient,
	createWSClient,
	httpLink,
	splitLink,
	TRPCClientError,
	wsLink,
	type OperationLink,
	type TRPCLink,
} from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import superjson from 'superjson';
import type { AppRouter } from '../server/trpc/router';
import { errorCodes, type ErrorCode, type ErrorDetails } from '../shared/error-codes';

export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
export type Client = ReturnType<typeof createClient>;

/** A WebSocket class whose second argument takes headers, as `ws` has it. */
export type SocketClass = new (url: string, options: { headers: Record<string, string> }) => object;

export type ClientOptions = {
	/** Where sh0 listens, such as `https://panel.example.com`; empty for the page's own origin. */
	url?: string;
	/** An API token; pages leave it out and use their session. */
	token?: string;
	fetch?: typeof globalThis.fetch;
	/** For subscriptions with a token: the `ws` package's class, which unlike a browser's can send a header. */
	WebSocket?: SocketClass;
};

/** A typed client of the whole API. Subscriptions open one WebSocket at first use; everything else is plain HTTP. */
export function createClient({ url = '', token, fetch, WebSocket }: ClientOptions = {}) {
	const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
	return createTRPCProxyClient<AppRouter>({
		transformer: superjson,
		links: [
			splitLink({
				condition: (operation) => operation.type === 'subscription',
				true: lazySocketLink(url, WebSocket && withHeaders(WebSocket, headers)),
				false: httpLink({ url: `${url}/trpc`, headers, ...(fetch ? { fetch } : {}) }),
			}),
		],
	});
}

/** tRPC makes sockets from an address alone; this adds the headers that say who asks. */
function withHeaders(Base: SocketClass, headers: Record<string, string>): typeof globalThis.WebSocket {
	const authorised = new Proxy(Base, { construct: (target, [url]) => new target(String(url), { headers }) });
	// tRPC's type names the browser's class; all it uses (addEventListener, send, close, readyState) `ws` has too.
	return authorised as unknown as typeof globalThis.WebSocket;
}

/** tRPC 10 connects as soon as its client is made; a page without subscriptions, or one being rendered, needs no socket. */
function lazySocketLink(
	url: string,
	WebSocket: typeof globalThis.WebSocket | undefined,
): TRPCLink<AppRouter> {
	return (runtime) => {
		let link: OperationLink<AppRouter> | undefined;
		return (operation) => {
			link ??= wsLink<AppRouter>({
				client: createWSClient({
					url: () => `${(url || globalThis.location.origin).replace(/^http/, 'ws')}/trpc`,
					...(WebSocket ? { WebSocket } : {}),
				}),
			})(runtime);
			return link(operation);
		};
	};
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
