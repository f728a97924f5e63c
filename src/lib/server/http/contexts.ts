import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestEvent } from '@sveltejs/kit';
import type { WebSocket } from 'ws';
import type { App } from '../app';
import type { Credentials } from '../auth/identity';
import { sha256Hex } from '../auth/opaque-token';
import { AppError } from '../errors';
import type { Context } from '../trpc/context';
import { toTRPCError } from '../trpc/init';
import { plainAddress, socketAddress } from './client-address';
import { cookieNames, readCookie, readCredentials, signInCookies } from './cookies';
import { calledProcedures } from './guard';
import { ownOrigin } from './origin.js';
import { currentPlace, originOf } from './place';

const maxSocketsPerCredential = 20;
/** Places that were given at the judgement, until the socket itself takes them. */
const places = new WeakMap<IncomingMessage, () => void>();

/** The client's address as the audit record shows it. */
export function addressOf(event: RequestEvent): string {
	try {
		return plainAddress(event.getClientAddress());
	} catch {
		// The proxy did not send the header that ADDRESS_HEADER names.
		return plainAddress(event.platform?.req.socket.remoteAddress);
	}
}

/** True when the request's browser has signed in here before, to whatever account. */
export function isKnownBrowser(app: Pick<App, 'auth'>, event: RequestEvent): boolean {
	const origin = originOf(event);
	const token =
		origin === null ? null : readCookie(event.request.headers.get('cookie'), cookieNames(origin).device);
	return token !== null && app.auth.throttle.isKnownBrowser(token);
}

/** What a call over HTTP starts with. */
export function requestContext(app: App, event: RequestEvent): Context {
	const origin = originOf(event) ?? event.url.origin;
	const { headers } = event.request;
	return {
		app,
		requestId: event.locals.requestId,
		ip: addressOf(event),
		userAgent: headers.get('user-agent') ?? '',
		credentials: readCredentials(
			{ authorization: headers.get('authorization'), cookie: headers.get('cookie') },
			origin,
		),
		cookies: signInCookies(event, origin),
		batchSize: calledProcedures(event.url).length,
		hasLeft: () => event.platform?.req.socket.destroyed ?? false,
	};
}

function socketCredentials({ headers }: IncomingMessage): Credentials | null {
	const origin = ownOrigin(headers.host, currentPlace());
	if (origin === null) return null;
	return readCredentials({ authorization: headers.authorization, cookie: headers.cookie }, origin);
}

/** The status a WebSocket is refused with, before its handshake; null: it may open. */
export async function judgeSocket(
	app: Pick<App, 'auth'>,
	request: IncomingMessage,
): Promise<401 | 429 | null> {
	const credentials = socketCredentials(request);
	if (credentials === null || !(await app.auth.identify(credentials))) return 401;
	const { connections } = app.auth;
	const hash = sha256Hex(credentials.token);
	if (connections.count(hash) >= maxSocketsPerCredential) return 429;
	// Counted from now on: many that open at once would all find room.
	const leave = connections.add(hash, { close: () => request.socket.destroy() });
	places.set(request, leave);
	request.socket.once('close', leave);
	return null;
}

/**
 * What every call over this WebSocket starts with. The socket is known under its credentials from now on, so that it ends with them.
 * Throws NOT_SIGNED_IN (and tRPC closes the socket) when they ended since the handshake.
 */
export async function socketContext(app: App, request: IncomingMessage, socket: WebSocket): Promise<Context> {
	const credentials = socketCredentials(request);
	if (credentials === null) throw toTRPCError(new AppError('NOT_SIGNED_IN'));
	// Before anything is looked up: whoever revokes the session meanwhile finds the socket.
	socket.once('close', app.auth.connections.add(sha256Hex(credentials.token), socket));
	places.get(request)?.();
	if (!(await app.auth.identify(credentials))) throw toTRPCError(new AppError('NOT_SIGNED_IN'));
	return {
		app,
		requestId: randomUUID(),
		ip: socketAddress(request),
		userAgent: request.headers['user-agent'] ?? '',
		credentials,
		cookies: null,
		batchSize: 1,
		hasLeft: () => socket.readyState !== socket.OPEN,
	};
}
