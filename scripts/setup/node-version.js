import { SetupError } from './errors.js';

/** The oldest Node of a line that the dependencies run on; every line after the last of these is new enough. */
const OLDEST = [
	[20, 19],
	[22, 12],
];

/**
 * Throws a SetupError when this Node is too old.
 * @param {string} version such as `20.19.0`
 */
export function assertNodeVersion(version = process.versions.node) {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const isNewer = major > Math.max(...OLDEST.map(([line = 0]) => line));
	if (isNewer || OLDEST.some(([line, oldest = 0]) => major === line && minor >= oldest)) return;
	const lines = OLDEST.map((oldest) => oldest.join('.'));
	throw new SetupError(`sh0 needs Node ${lines.join(', or ')} or newer; this is Node ${version}.`);
}
