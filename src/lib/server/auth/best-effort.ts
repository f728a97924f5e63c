import { isAppError } from '../errors';

/** For what only keeps time, such as "last seen": on a full disk one can still read. Throws anything but DISK_FULL. */
export function bestEffort(write: () => unknown): void {
	try {
		write();
	} catch (error) {
		if (!isAppError(error, 'DISK_FULL')) throw error;
	}
}
