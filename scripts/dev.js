import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';

// `npm run dev`: vite's development server, in this very process.
try {
	await setUp({ docker: 'wanted' });
	const { createServer } = await import('vite');
	const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
	const server = await createServer({ server: { port: Number(PORT), host: HOST, strictPort: true } });
	await server.listen();
	server.printUrls();
} catch (error) {
	exitWith(error);
}
