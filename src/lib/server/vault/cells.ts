import { isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../db/client';
import { databaseUsers, serviceSecrets, storageCopies, users } from '../db/schema/index';
import type { CellAddress } from './vault';

export type StoredCell = { address: CellAddress; cell: string };

/**
 * How every stored cell is bound to its place. The one list of places where ciphertext is kept: rooms that store a cell take its address
 * from here, and the checks walk all of them.
 */
export const cellAddress = {
	serviceSecret: (serviceId: string, name: string): CellAddress => ({
		table: 'service_secrets',
		column: 'cell',
		row: serviceId,
		key: name,
	}),
	databaseUserPassword: (databaseUserId: string): CellAddress => ({
		table: 'database_users',
		column: 'password_cell',
		row: databaseUserId,
	}),
	storageCopySecret: (copyId: string): CellAddress => ({
		table: 'storage_copies',
		column: 'secret_cell',
		row: copyId,
	}),
	totp: (userId: string): CellAddress => ({ table: 'users', column: 'totp_cell', row: userId }),
};

/** Every cell in the database with its address. */
export function listCells(db: Db): StoredCell[] {
	const ofServices = db.select().from(serviceSecrets).all();
	const ofUsers = db.select().from(databaseUsers).all();
	const ofPeople = db
		.select({ id: users.id, cell: sql<string>`${users.totpCell}` })
		.from(users)
		.where(isNotNull(users.totpCell))
		.all();
	const ofCopies = db.select().from(storageCopies).where(isNotNull(storageCopies.secretCell)).all();
	return [
		...ofServices.map((row) => ({
			address: cellAddress.serviceSecret(row.serviceId, row.name),
			cell: row.cell,
		})),
		...ofUsers.flatMap((row) =>
			[row.passwordCell, row.pendingPasswordCell]
				.filter((cell) => cell !== null)
				.map((cell) => ({ address: cellAddress.databaseUserPassword(row.id), cell })),
		),
		...ofCopies.flatMap(({ id, secretCell: cell }) =>
			cell === null ? [] : [{ address: cellAddress.storageCopySecret(id), cell }],
		),
		...ofPeople.map((row) => ({ address: cellAddress.totp(row.id), cell: row.cell })),
	];
}
