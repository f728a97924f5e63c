import { createServer, type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';

/** A server on a port of its own that answers so until the test ends; its port. */
export async function answering(listener: RequestListener): Promise<number> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('no port');
	return address.port;
}
