import { spawn } from 'node:child_process';
import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';

// `npm run bench`: set up as `npm start` does, then the measurements, which import the app's TypeScript.
try {
	await setUp({ docker: 'required', build: 'when-changed' });
	const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/bench/main.ts'], { stdio: 'inherit' });
	child.once('exit', (code) => process.exit(code ?? 1));
} catch (error) {
	exitWith(error);
}
