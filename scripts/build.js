import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';

// `npm run build`: the app and the command line, always anew.
try {
	await setUp({ build: 'always' });
} catch (error) {
	exitWith(error);
}
