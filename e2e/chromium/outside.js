import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

const ours = ['127.0.0.1', 'localhost'];

/**
 * An HTTP proxy on a socket file that leads to this machine's own loopback and nowhere else.
 * @param {string} socketPath
 * @returns {Promise<void>}
 */
export function listenOutside(socketPath) {
	const server = createServer(pass);
	server.on('connect', tunnel);
	return new Promise((resolve) => server.listen(socketPath, resolve));
}

/** @type {import('node:http').RequestListener} */
function pass(incoming, outgoing) {
	const { hostname, port, pathname, search } = new URL(incoming.url ?? '');
	if (!ours.includes(hostname)) {
		outgoing.writeHead(403).end();
		return;
	}
	const { 'proxy-connection': _hop, ...headers } = incoming.headers;
	const passed = ask(
		{ hostname, port, path: pathname + search, method: incoming.method, headers, agent: false },
		(answer) => {
			outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
			answer.pipe(outgoing);
		},
	);
	passed.on('error', () => outgoing.destroy());
	outgoing.on('close', () => passed.destroy());
	incoming.pipe(passed);
}

/**
 * For WebSockets.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} client
 * @param {Buffer} head
 */
function tunnel(request, client, head) {
	const [host = '', port] = (request.url ?? '').split(':');
	if (!ours.includes(host)) {
		client.destroy();
		return;
	}
	const panel = connect(Number(port), host, () => {
		client.write('HTTP/1.1 200 Connection established\r\n\r\n');
		panel.write(head);
		client.pipe(panel).pipe(client);
	});
	panel.on('error', () => client.destroy());
	client.on('error', () => panel.destroy());
	client.on('close', () => panel.destroy());
}
