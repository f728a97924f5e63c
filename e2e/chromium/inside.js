// Runs in the new network: joins its loopback to the socket file, then becomes Chromium's parent.
import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [socketPath = '', chromium = '', ...args] = process.argv.slice(2);
const port = 3128;

spawnSync('ip', ['link', 'set', 'lo', 'up']);
const door = createServer((client) => {
	const outside = connect(socketPath);
	client.pipe(outside).pipe(client);
	client.on('error', () => outside.destroy());
	outside.on('error', () => client.destroy());
});
door.listen(port, '127.0.0.1', () => {
	const proxy = [`--proxy-server=http://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'];
	const child = spawn(chromium, [...args, ...proxy], { stdio: ['inherit', 'inherit', 'inherit', 3, 4] });
	for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']))
		process.on(signal, () => child.kill(signal));
	child.once('exit', (code) => process.exit(code ?? 1));
});
