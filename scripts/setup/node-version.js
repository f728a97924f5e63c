import { SetupError } from './errors.js';

/** The oldest Node that the dependencies run on; package.json says the same. */
export const MINIMUM = [20, 19];

/**
 * Throws a SetupError when this Node is too old.
 * @param {string} version such as `20.19.0`
 */
export function assertNodeVersion(version = process.versions.node) {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const [minimumMajor = 0, minimumMinor = 0] = MINIMUM;
	if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return;
	throw new SetupError(`sh0 needs Node ${MINIMUM.join('.')} or newer; this is Node ${version}.`);
}
