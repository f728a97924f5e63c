import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { linkPrefix, objectPrefix } from '$lib/shared/storage-links';
import type { App } from '../../app';
import { AppError } from '../../errors';
import { Places } from '../../places';
import { toAppError } from '../../trpc/init';
import { ownOrigin } from '../origin.js';
import { currentPlace } from '../place';
import { RateLimit } from '../rate-limit';
import { reportUnexpected } from '../report';
import { sendError } from './answers';
import { isPartOfPage } from './destinations';
import { answerLink } from './link-way';
import { answerObject, type Exchange } from './object-way';
import { drain } from './relay';

/**
 * The ways of bytes, past SvelteKit: it would take a body for one of its own, which are small, and copy each piece of an answer. What is
 * answered says whether a request is such a one; then it is dealt with.
 */
export function createByteWays(app: App): (request: IncomingMessage, response: ServerResponse) => boolean {
	// Public ones have places of their own, so that strangers never keep members out.
	const members = new Places({ each: 12, all: 200 });
	const links = {
		places: new Places({ each: 24, all: 200 }),
		knocks: new RateLimit({ perAddress: 1_200, total: 12_000 }),
	};
	return (request, response) => {
		const path = request.url ?? '';
		const isLink = path.startsWith(linkPrefix);
		if (!isLink && !path.startsWith(objectPrefix)) return false;
		const requestId = randomUUID();
		const own = ownOrigin(request.headers.host, currentPlace());
		const url = new URL(path, 'http://panel');
		const exchange: Exchange = { app, request, response, url, own: own ?? '', requestId, isPermitted: false };
		void answer(exchange, own === null, () =>
			isLink ? answerLink(exchange, links) : answerObject(exchange, members),
		);
		return true;
	};
}

async function answer(exchange: Exchange, isForeignHost: boolean, run: () => Promise<void>): Promise<void> {
	const { app, request, response, url, requestId } = exchange;
	response.on('error', () => response.destroy());
	request.on('error', () => response.destroy());
	try {
		if (isForeignHost) await sendError(response, new AppError('FORBIDDEN'), { requestId, status: 421 });
		else if (isPartOfPage(request.headers)) throw new AppError('FORBIDDEN');
		else return await run();
	} catch (error) {
		reportUnexpected(app.log, { error, path: url.pathname, requestId });
		await sendError(response, toAppError(error), { requestId });
	}
	// Whoever still sends a body reads the answer first.
	drain(request, exchange.isPermitted ? 'member' : 'stranger');
}
