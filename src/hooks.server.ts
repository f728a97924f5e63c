import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { building } from '$app/environment';
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';
import { sequence } from '@sveltejs/kit/hooks';
import { createTRPCHandle } from 'trpc-sveltekit';
import { createTRPCWebSocketServer } from 'trpc-sveltekit/websocket';
import { m } from '$lib/i18n/generated/messages';
import { paraglideMiddleware } from '$lib/i18n/generated/server';
import { getApp } from '$lib/server/app';
import {
	addressOf,
	isKnownBrowser,
	judgeSocket,
	requestContext,
	socketContext,
} from '$lib/server/http/contexts';
import { addressHint, isAddressHidden } from '$lib/server/http/client-address';
import { createByteWays } from '$lib/server/http/bytes';
import { appSymbol, byteWaysSymbol, judgeSocketSymbol } from '$lib/server/http/door.js';
import { createPublicLimit, guard } from '$lib/server/http/guard';
import { finish } from '$lib/server/http/responses';
import { reportUnexpected } from '$lib/server/http/report';
import { appRouter } from '$lib/server/trpc/router';
import { parseTheme, themeCookie } from '$lib/state/theme.svelte';

/** Once a process: the app with its background work, and the API over WebSockets. */
export const init: ServerInit = async () => {
	if (building) return;
	const app = getApp();
	Object.assign(globalThis, {
		[appSymbol]: app,
		[byteWaysSymbol]: createByteWays(app),
		[judgeSocketSymbol]: (request: IncomingMessage) => judgeSocket(app, request),
	});
	if (isAddressHidden(app.env.origin)) app.log.warn('http.address_header_missing', { hint: addressHint });
	await createTRPCWebSocketServer({
		router: appRouter,
		createContext: async ({ req, res }) => {
			if (!('terminate' in res)) throw new Error('not a WebSocket');
			return socketContext(app, req, res);
		},
	});
};

const publicCalls = createPublicLimit();

const identifyRequest: Handle = async ({ event, resolve }) => {
	const requestId = randomUUID();
	event.locals.requestId = requestId;
	const isKnown = () => isKnownBrowser(getApp(), event);
	const refusal = guard(event, { publicCalls, ip: addressOf(event), requestId, isKnown });
	return finish(refusal ?? (await resolve(event)), requestId);
};

const speakTheirLanguage: Handle = ({ event, resolve }) =>
	paraglideMiddleware(event.request, ({ request, locale }) => {
		event.request = request;
		const theme = parseTheme(event.cookies.get(themeCookie));
		return resolve(event, {
			transformPageChunk: ({ html }) => html.replace('%sh0.lang%', locale).replace('%sh0.theme%', theme),
		});
	});

const answerCalls: Handle = createTRPCHandle({
	router: appRouter,
	createContext: (event) => requestContext(getApp(), event),
	onError: ({ error, path, ctx }) =>
		reportUnexpected(getApp().log, { error, path, requestId: ctx?.requestId }),
});

export const handle: Handle = sequence(identifyRequest, speakTheirLanguage, answerCalls);

/** What nobody foresaw reaches the browser as a number that stands in the log, and nothing else. */
export const handleError: HandleServerError = ({ error, event, status }) => {
	if (status === 404) return { message: m.error_not_found() };
	if (status < 500) return { message: m.error_bad_input() };
	const { requestId } = event.locals;
	getApp().log.error('page.failed', { requestId, path: event.url.pathname, status, error });
	return { message: m.error_internal({ request: requestId }), requestId };
};
