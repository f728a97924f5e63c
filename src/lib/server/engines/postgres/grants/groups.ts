import { createHash } from 'node:crypto';

/** The three NOLOGIN roles that stand for the levels on one database. */
export type Groups = { owner: string; write: string; read: string };

/** Every role name that starts with this is sh0's own. */
export const GROUP_PREFIX = 'sh0_';

/** Matches the groups' names in SQL and here; its first capture is the database's oid. */
export const GROUP_PATTERN = '^sh0_([0-9]+)_(owner|write|read)$';

/**
 * The groups of a database. They are named after its oid, not its name: that keeps within 63 bytes for every name, cannot collide,
 * and survives a rename.
 */
export function groupsOf(oid: number): Groups {
	return {
		owner: `${GROUP_PREFIX}${oid}_owner`,
		write: `${GROUP_PREFIX}${oid}_write`,
		read: `${GROUP_PREFIX}${oid}_read`,
	};
}

/** Matches the names that `newDatabaseMarker` gives. */
export const MARKER_PATTERN = '^sh0_new_[0-9a-f]{32}$';

/** The role that owns the database of this name while it is being created, and no other; it needs no quotes in SQL. */
export function newDatabaseMarker(database: string): string {
	return `${GROUP_PREFIX}new_${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
}

/** A login made for one look into a database. */
export const VISITOR_PREFIX = `${GROUP_PREFIX}visit_`;
export const VISITOR_PATTERN = '^sh0_visit_[0-9a-f]{32}$';
