import { writeTransaction } from '../db/client';
import type { DatabaseAdmin } from '../engines/engine';
import { AppError, isAppError } from '../errors';
import type { Secret } from '../secret';
import { cellAddress } from '../vault';
import type { DatabaseDeps } from './deps';
import {
	deleteDatabaseUser,
	dropPendingPassword,
	promotePassword,
	putPendingPassword,
	type DatabaseUserRow,
} from './repository';

type PasswordDeps = Pick<DatabaseDeps, 'db' | 'vault'>;

function open(deps: PasswordDeps, row: DatabaseUserRow, cell: string): Secret {
	return deps.vault.decrypt(cellAddress.databaseUserPassword(row.id), cell);
}

/** Stores a password before the engine gets it, so that no crash can leave one that nobody knows. Answers its cell. */
export function storePending(deps: PasswordDeps, row: DatabaseUserRow, password: Secret): string {
	const cell = deps.vault.encrypt(cellAddress.databaseUserPassword(row.id), password);
	writeTransaction(deps.db, (tx) => putPendingPassword(tx, row.id, cell));
	return cell;
}

/** The password sh0 knows of a user, or null. Throws SEALED. */
export function currentPassword(deps: PasswordDeps, row: DatabaseUserRow): Secret | null {
	return row.passwordCell === null ? null : open(deps, row, row.passwordCell);
}

/** True when the engine certainly did not take the change: it said so itself. */
export function isRefusal(error: unknown): boolean {
	return (
		isAppError(error) && !isAppError(error, 'ENGINE_UNREACHABLE', 'ENGINE_NOT_READY', 'SERVICE_NOT_RUNNING')
	);
}

/**
 * Ends a change that was interrupted, so that the stored password is the one that works: the new one if the engine took it or has
 * neither, else the old one. A user that is gone is forgotten. Does nothing when nothing is pending.
 */
export async function settlePending(
	deps: PasswordDeps,
	admin: DatabaseAdmin,
	row: DatabaseUserRow,
): Promise<void> {
	const cell = row.pendingPasswordCell;
	if (cell === null) return;
	const pending = open(deps, row, cell);
	const works = (password: Secret): Promise<boolean> =>
		admin.canLogin({ user: row.name, password, database: null });
	if (!(await works(pending))) {
		const current = currentPassword(deps, row);
		if (current && (await works(current))) {
			writeTransaction(deps.db, (tx) => dropPendingPassword(tx, row.id));
			return;
		}
		try {
			await admin.setPassword({ name: row.name, password: pending, endsSessions: false });
		} catch (error) {
			if (!isAppError(error, 'DATABASE_USER_NOT_FOUND')) throw error;
			writeTransaction(deps.db, (tx) => deleteDatabaseUser(tx, row.serviceId, row.name));
			return;
		}
	}
	writeTransaction(deps.db, (tx) => promotePassword(tx, row.id, cell));
}

/**
 * Changes a user's password: stored as pending, set, seen to log in, then made current. When it does not log in, the old one is set
 * again and ENGINE_REFUSED thrown. While the outcome is unknown it stays pending for `settlePending`.
 */
export async function changePassword(
	deps: PasswordDeps,
	admin: DatabaseAdmin,
	change: { row: DatabaseUserRow; password: Secret; endsSessions: boolean },
): Promise<void> {
	const { row, password, endsSessions } = change;
	const { name } = row;
	const cell = storePending(deps, row, password);
	const forgetPending = (): void => writeTransaction(deps.db, (tx) => dropPendingPassword(tx, row.id));
	try {
		await admin.setPassword({ name, password, endsSessions });
	} catch (error) {
		if (isRefusal(error)) forgetPending();
		throw error;
	}
	if (!(await admin.canLogin({ user: name, password, database: null }))) {
		const current = currentPassword(deps, row);
		if (current) await admin.setPassword({ name, password: current, endsSessions: false });
		forgetPending();
		throw new AppError('ENGINE_REFUSED', { details: { reason: 'login' }, message: `${name} cannot log in` });
	}
	writeTransaction(deps.db, (tx) => promotePassword(tx, row.id, cell));
}
