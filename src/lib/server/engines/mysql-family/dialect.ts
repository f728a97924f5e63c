import type { Secret } from '../../secret';

/** Where MySQL and MariaDB differ. Everything else about them is written once, in this folder. */
export type Dialect = {
	/** Longest user name, in characters. */
	maxUserCharacters: number;
	/** Whether an account can be bound to a network by its prefix length, such as `10.0.0.0/8`. */
	takesCidr: boolean;
	/** What databases get that were created without a choice. */
	defaultCharset: { encoding: string; collation: string };
	/** The clause of CREATE and ALTER USER that sets this password by its hash. */
	identifiedBy(password: Secret): string;
	/** True when the stored hash is that of this password. */
	isHashOf(password: Secret, stored: Buffer): boolean;
	/** The assignment that ends a statement after this time; MySQL ends only those that read. */
	statementLimit(limitMs: number): string;
	accounts: {
		/** The table of accounts, with columns `User` and `Host`. */
		table: string;
		/** Expressions over that table, named `a`. */
		isLocked: string;
		/** May do everything, or make itself somebody who may. */
		isSuperuser: string;
		/** Not an account but a set of rights. */
		isRole: string;
		hash: string;
	};
	/** Rows of `folder` and `bytes`, for all databases at once; a table space is named `folder/table`. */
	sizesSql: string;
	/** The expression for the folder of a database, over a column with its name. */
	folder(column: string): string;
	/** Rows of `encoding`, `collation`, `isDefault`. */
	charsetsSql: string;
	/** Milliseconds that a row `p` of information_schema.processlist has been in its state. */
	stateMs: string;
	/** Rows of `id`: connections that hold a lock somewhere in the database of the parameter. */
	lockHoldersSql: string | null;
	/** Null when the server keeps no record of them. */
	slowQueriesSql: string | null;
};
