import type { NameRule } from '../engine';
import type { Command } from './connections';

/** In what two servers that speak MongoDB's protocol differ. */
export type Dialect = {
	/** The engine's id, for errors. */
	engine: string;
	names: NameRule;
	/** False: every user may do everything, so levels mean nothing and no login has fewer rights than the administrator's. */
	hasRoles: boolean;
	/** False: it does not tell who is connected and ends nothing. */
	hasSessions: boolean;
	/** Sent with every password that is set. */
	passwordFields: Command;
};
