import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';

// `npm start`: whatever is missing, then the panel in this very process, so that signals reach it.
try {
	await setUp({ docker: 'wanted', build: 'when-changed' });
	await import('../server.js');
} catch (error) {
	exitWith(error);
}
