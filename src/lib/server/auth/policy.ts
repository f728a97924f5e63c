import type { Role, TokenScope } from '$lib/shared/roles';

/** What an input names, and so where its project comes from. */
export type ScopeKind =
	'public' | 'signedIn' | 'instance' | 'project' | 'service' | 'operation' | 'token' | 'invitation';

/** `detail`: the input fields whose values the audit record keeps; never one that holds a secret. */
type Recorded = {
	detail?: readonly string[];
	/** Input fields of which the record keeps only the SHA-256: enough to tell whether a known text was it. */
	digest?: readonly string[];
};

export type PolicyRow = Recorded &
	/** `target`: an input field with an e-mail address. */
	(
		| { scope: 'public'; target?: string }
		/** `token` null: never by an API token. */
		| { scope: 'signedIn' | 'instance'; token: TokenScope | null; target?: string }
		| {
				scope: 'project' | 'service' | 'operation' | 'token' | 'invitation';
				role: Role;
				token: TokenScope | null;
				/** Input field whose text names the audit record's target. */
				target?: string;
		  }
	);

/** The only place where a permission is given: who may call which procedure. A procedure without a row answers nobody. */
export const policy = {
	'auth.setup': { scope: 'public', target: 'email' },
	'auth.login': { scope: 'public', target: 'email' },
	'auth.acceptInvitation': { scope: 'public' },
	'auth.me': { scope: 'signedIn', token: 'read' },
	'auth.logout': { scope: 'signedIn', token: null },
	'auth.changePassword': { scope: 'signedIn', token: null },
	'auth.secondFactor.enroll': { scope: 'signedIn', token: null },
	'auth.secondFactor.confirm': { scope: 'signedIn', token: null },
	'auth.secondFactor.disable': { scope: 'signedIn', token: null },
	'auth.secondFactor.renewRecoveryCodes': { scope: 'signedIn', token: null },
	'sessions.list': { scope: 'signedIn', token: null },
	'sessions.revoke': { scope: 'signedIn', token: null },

	'projects.list': { scope: 'signedIn', token: 'read' },
	'projects.create': { scope: 'instance', token: null, target: 'name' },
	'projects.rename': { scope: 'project', role: 'admin', token: 'manage', detail: ['name'] },
	'members.list': { scope: 'project', role: 'viewer', token: 'read' },
	// Never by a token: both can make an owner, and an owner's session can do what no token may.
	'members.setRole': { scope: 'project', role: 'owner', token: null, target: 'userId', detail: ['role'] },
	'members.remove': { scope: 'project', role: 'owner', token: 'members', target: 'userId' },
	'members.leave': { scope: 'project', role: 'viewer', token: null },
	'invitations.list': { scope: 'project', role: 'admin', token: 'members' },
	'invitations.create': { scope: 'project', role: 'admin', token: null, target: 'email', detail: ['role'] },
	'invitations.revoke': { scope: 'invitation', role: 'admin', token: 'members' },
	'tokens.list': { scope: 'project', role: 'viewer', token: null },
	'tokens.create': {
		scope: 'project',
		role: 'viewer',
		token: null,
		target: 'name',
		detail: ['scopes', 'expiresInDays'],
	},
	'tokens.revoke': { scope: 'token', role: 'viewer', token: null },
	'activity.list': { scope: 'project', role: 'admin', token: 'read' },
	'activity.export': { scope: 'project', role: 'admin', token: 'read' },
	// A token is bound to a project; these hold what belongs to none.
	'activity.listInstance': { scope: 'instance', token: null },
	'activity.exportInstance': { scope: 'instance', token: null },

	'services.catalogue': { scope: 'project', role: 'viewer', token: 'read' },
	'services.list': { scope: 'project', role: 'viewer', token: 'read' },
	'services.create': {
		scope: 'project',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['engine', 'version', 'memoryBytes', 'dataLimitBytes'],
	},
	'services.get': { scope: 'service', role: 'viewer', token: 'read' },
	'services.start': { scope: 'service', role: 'operator', token: 'operate' },
	'services.stop': { scope: 'service', role: 'operator', token: 'operate' },
	'services.restart': { scope: 'service', role: 'operator', token: 'operate' },
	'services.rename': { scope: 'service', role: 'admin', token: 'manage', detail: ['name'] },
	'services.resize': { scope: 'service', role: 'admin', token: 'manage', detail: ['memoryBytes'] },
	'services.setDataLimit': { scope: 'service', role: 'admin', token: 'manage', detail: ['dataLimitBytes'] },
	'services.findUpgrade': { scope: 'service', role: 'admin', token: 'manage' },
	'services.upgrade': { scope: 'service', role: 'admin', token: 'manage', detail: ['version'] },
	'services.settings.get': { scope: 'service', role: 'viewer', token: 'read' },
	'services.settings.set': { scope: 'service', role: 'admin', token: 'manage', detail: ['values'] },
	'services.repair': { scope: 'service', role: 'admin', token: 'manage' },
	'services.rotateRoot': { scope: 'service', role: 'admin', token: 'manage' },
	'services.remove': { scope: 'service', role: 'admin', token: 'manage' },
	'services.restoreFromTrash': { scope: 'service', role: 'admin', token: 'manage' },
	'services.purge': { scope: 'service', role: 'admin', token: 'manage' },
	'services.connection': { scope: 'service', role: 'viewer', token: 'read' },
	'services.stats': { scope: 'service', role: 'viewer', token: 'read' },
	'services.growth': { scope: 'service', role: 'viewer', token: 'read' },
	'services.logs': { scope: 'service', role: 'operator', token: 'operate' },
	'services.followLogs': { scope: 'service', role: 'operator', token: 'operate' },

	'operations.list': { scope: 'project', role: 'viewer', token: 'read' },
	'operations.cancel': { scope: 'operation', role: 'admin', token: 'manage' },
	'operations.get': { scope: 'operation', role: 'viewer', token: 'read' },
	'operations.watch': { scope: 'operation', role: 'viewer', token: 'read' },
	'operations.watchProject': { scope: 'project', role: 'viewer', token: 'read' },

	'databases.list': { scope: 'service', role: 'viewer', token: 'read' },
	'databases.create': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['owner', 'encoding', 'collation'],
	},
	'databases.charsets': { scope: 'service', role: 'viewer', token: 'read' },
	'databases.remove': { scope: 'service', role: 'admin', token: 'manage', target: 'name' },
	'databaseUsers.list': { scope: 'service', role: 'viewer', token: 'read' },
	'databaseUsers.create': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['host', 'grants', 'access'],
	},
	'databaseUsers.setPassword': { scope: 'service', role: 'admin', token: 'manage', target: 'name' },
	'databaseUsers.setGrants': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['grants'],
	},
	'databaseUsers.setAccess': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['access'],
	},
	'databaseUsers.grantMatrix': { scope: 'service', role: 'viewer', token: 'read' },
	'databaseUsers.mend': { scope: 'service', role: 'admin', token: 'manage', detail: ['names'] },
	'databaseUsers.remove': { scope: 'service', role: 'admin', token: 'manage', target: 'name' },
	// What people typed stands in the statements of others' sessions.
	'databaseSessions.list': { scope: 'service', role: 'operator', token: 'operate' },
	'databaseSessions.end': { scope: 'service', role: 'operator', token: 'operate', detail: ['id'] },
	'databaseSessions.slowQueries': { scope: 'service', role: 'operator', token: 'operate' },
	'browser.collections': { scope: 'service', role: 'admin', token: 'secrets' },
	'browser.rows': { scope: 'service', role: 'admin', token: 'secrets' },
	'browser.query': {
		scope: 'service',
		role: 'admin',
		token: 'secrets',
		detail: ['database', 'isReadOnly'],
		digest: ['text'],
	},
	'buckets.list': { scope: 'service', role: 'viewer', token: 'read' },
	'buckets.get': { scope: 'service', role: 'viewer', token: 'read' },
	'buckets.usage': { scope: 'service', role: 'viewer', token: 'read' },
	'buckets.create': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['quota', 'publicAccess'],
	},
	'buckets.update': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['quota', 'publicAccess', 'isVersioned', 'cors', 'lifecycle'],
	},
	'buckets.remove': { scope: 'service', role: 'admin', token: 'manage', target: 'name' },
	'buckets.empty': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['removesBucket'],
	},
	// Goes out to an address that an admin types, with a secret: never by whoever only looks.
	'storageCopies.check': { scope: 'service', role: 'admin', token: 'manage', detail: ['source'] },
	'storageCopies.create': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		detail: ['source', 'buckets', 'carriesKeys'],
	},
	'storageCopies.options': { scope: 'service', role: 'admin', token: 'manage' },
	'storageCopies.list': { scope: 'service', role: 'admin', token: 'manage' },
	'storageCopies.get': { scope: 'service', role: 'admin', token: 'manage' },
	'storageCopies.report': { scope: 'service', role: 'admin', token: 'manage' },
	'storageCopies.pause': { scope: 'service', role: 'admin', token: 'manage', target: 'copyId' },
	'storageCopies.resume': { scope: 'service', role: 'admin', token: 'manage', target: 'copyId' },
	'storageCopies.cancel': { scope: 'service', role: 'admin', token: 'manage', target: 'copyId' },
	'storageKeys.list': { scope: 'service', role: 'viewer', token: 'read' },
	// What it answers opens what the key was just given, as a chosen password of a database user would.
	'storageKeys.create': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'description',
		detail: ['expiresAt', 'permissions'],
	},
	'storageKeys.update': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'keyId',
		detail: ['description', 'expiresAt'],
	},
	'storageKeys.setPermissions': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'keyId',
		detail: ['permissions'],
	},
	'storageKeys.remove': { scope: 'service', role: 'admin', token: 'manage', target: 'keyId' },
	'storageKeys.tryOut': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'keyId',
		detail: ['bucket'],
	},
	// What people stored, as the data browser of a database is.
	'objects.list': { scope: 'service', role: 'admin', token: 'secrets' },
	'objects.head': { scope: 'service', role: 'admin', token: 'secrets' },
	'objects.createFolder': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'name',
		detail: ['bucket', 'prefix'],
	},
	'objects.remove': { scope: 'service', role: 'admin', token: 'manage', detail: ['bucket', 'keys'] },
	'objects.removeAll': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		detail: ['bucket', 'prefixes', 'keys'],
	},
	// Whoever has the link reads the object.
	'objects.signedUrl': {
		scope: 'service',
		role: 'admin',
		token: 'secrets',
		target: 'key',
		detail: ['bucket', 'expiresInSeconds'],
	},
	'objects.createUpload': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'key',
		detail: ['bucket'],
	},
	'objects.listParts': { scope: 'service', role: 'admin', token: 'manage' },
	'objects.completeUpload': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'key',
		detail: ['bucket', 'sizeBytes'],
	},
	'objects.abortUpload': {
		scope: 'service',
		role: 'admin',
		token: 'manage',
		target: 'key',
		detail: ['bucket'],
	},
	'secrets.reveal': { scope: 'service', role: 'admin', token: 'secrets', target: 'name', detail: ['kind'] },
} as const satisfies Record<string, PolicyRow>;

/** Likewise for what is no procedure: reading and writing the bytes of objects (`http/bytes/`). */
const bytePolicy = {
	'objects.read': { scope: 'service', role: 'admin', token: 'secrets' },
	'objects.write': { scope: 'service', role: 'admin', token: 'manage', target: 'key', detail: ['bucket'] },
} as const satisfies Record<string, PolicyRow>;

export type ProcedurePath = keyof typeof policy;

const rows: Partial<Record<string, PolicyRow>> = { ...policy, ...bytePolicy };

/** The row of a procedure or of a way of bytes, or undefined: then it answers nobody. */
export function policyRow(path: string): PolicyRow | undefined {
	return Object.hasOwn(rows, path) ? rows[path] : undefined;
}
