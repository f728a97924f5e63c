import { m } from '$lib/i18n/generated/messages';
import { extractLocaleFromRequest } from '$lib/i18n/generated/runtime';
import { bucketPath, readLinkPath, readSitePath } from '$lib/shared/storage-links';
import type { Places } from '../../places';
import { socketAddress } from '../client-address';
import { networksOf } from '../networks';
import type { RateLimit } from '../rate-limit';
import { conditions, isPassed, linkHeaders, pickedHeaders } from './answers';
import type { Exchange } from './object-way';
import { askEngine, drain, hasBody, passOn } from './relay';

/** What a visitor may ask of the engine beside the object itself; cookies and credentials stay here. */
const asked = [...conditions, 'origin'];

/** What the public reads: signed links and the objects of public buckets, `/s3/<service>/<bucket>/<key>`. */
export async function answerLink(
	exchange: Exchange,
	{ places, knocks }: { places: Places; knocks: RateLimit },
): Promise<void> {
	const { app, request, response, url, own } = exchange;
	// Nothing is read of it, so that what follows it could not be.
	if (hasBody(request)) response.setHeader('connection', 'close');
	const ip = socketAddress(request);
	const waitSeconds = knocks.take(ip);
	const leave = waitSeconds === null ? places.take(networksOf(ip).network) : null;
	if (leave === null) return say(exchange, 429, { 'retry-after': String(waitSeconds ?? 5) });
	response.once('close', leave);
	const place = readLinkPath(url.pathname, url.searchParams) ?? readSitePath(url.pathname);
	const isRead = request.method === 'GET' || request.method === 'HEAD';
	if (place === null || !isRead) return say(exchange, 404);

	const isSigned = place.signature.some(([name]) => name === 'X-Amz-Signature');
	const bucketUrl = bucketPath(place);
	/** Names in its start page would be looked for beside the bucket. */
	const lacksSlash = place.key === '' && url.pathname !== bucketUrl;
	// A link is signed for GET; those who only look get its head.
	const isLook = !isSigned && (request.method === 'HEAD' || lacksSlash);
	const method = isLook ? 'HEAD' : 'GET';
	const headers = pickedHeaders(request, asked);
	const upstream = await app.objectBytes.link({ ...place, method, headers });
	if (upstream === null) return say(exchange, 404);
	const answer = await askEngine(request, response, {
		...{ port: upstream.port, path: upstream.path, method },
		headers: { ...headers, ...upstream.headers },
	}).catch(() => null);
	if (answer === null || !isPassed(answer)) {
		answer?.body.resume();
		return say(exchange, 404);
	}
	if (lacksSlash) {
		answer.body.resume();
		response.writeHead(302, { location: bucketUrl, 'cache-control': 'no-store' }).end();
		return;
	}
	const head = linkHeaders(answer, isSigned ? { isSigned } : { isSigned, bucketUrl: `${own}${bucketUrl}` });
	if (request.method === 'GET') return passOn(answer, response, head);
	answer.body.destroy();
	response.writeHead(answer.status, head).end();
}

/** One sentence, the same for whatever is not there, closed or over. */
function say(
	{ request, response, url, requestId }: Exchange,
	status: 404 | 429,
	headers: Record<string, string> = {},
): void {
	const names = ['cookie', 'accept-language'] as const;
	const known = names.map((name) => [name, request.headers[name] ?? ''] satisfies [string, string]);
	const locale = extractLocaleFromRequest(new Request(url, { headers: known }));
	const text = status === 404 ? m.object_link_gone({}, { locale }) : m.object_link_busy({}, { locale });
	drain(request, 'stranger');
	response.writeHead(status, {
		...headers,
		'content-type': 'text/plain; charset=utf-8',
		'cache-control': 'no-store',
		'referrer-policy': 'no-referrer',
		'x-request-id': requestId,
	});
	response.end(request.method === 'HEAD' ? undefined : `${text}\n`);
}
