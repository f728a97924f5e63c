import type { Role } from '$lib/shared/roles';
import type { ProcedurePath } from '../auth/policy';
import type { SeededProject } from './surface-seed';

type Sample = (project: SeededProject, as: Role) => Record<string, unknown>;

const onProject: Sample = ({ projectId }) => ({ projectId });
const onService: Sample = ({ serviceId }) => ({ serviceId });
const onStorage: Sample = ({ storageServiceId: serviceId }) => ({ serviceId });
const onCopy: Sample = ({ storageServiceId: serviceId, copyId }) => ({ serviceId, copyId });
const onObject: Sample = ({ storageServiceId: serviceId }) => ({
	serviceId,
	bucket: 'photos',
	key: '2026/a.txt',
});
const nothing: Sample = () => ({});
const password = 'a long Enough passphrase 42';

/** An S3 outside that is nowhere. */
const outside = {
	...{ kind: 'outside', endpoint: 'https://s3.example.test', region: 'us-east-1' },
	...{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', isPathStyle: true, isInOwnNetwork: false },
};

/** A well-formed input of every procedure; the type makes a new procedure without one a build error. */
export const samples: Record<ProcedurePath, Sample> = {
	'auth.setup': () => ({ token: 'x'.repeat(43), email: 'somebody@example.test', password }),
	'auth.login': () => ({ email: 'nobody@example.test', password }),
	'auth.acceptInvitation': () => ({ token: 'x'.repeat(43), password }),
	'auth.me': nothing,
	'auth.logout': nothing,
	'auth.changePassword': () => ({ currentPassword: password, newPassword: `${password}!` }),
	'auth.secondFactor.enroll': () => ({ password }),
	'auth.secondFactor.confirm': () => ({ code: '000000' }),
	'auth.secondFactor.disable': () => ({ password, code: '000000' }),
	'auth.secondFactor.renewRecoveryCodes': () => ({ password, code: '000000' }),
	'sessions.list': nothing,
	'sessions.revoke': ({ member }) => ({ sessionId: member.sessionId }),

	'projects.list': nothing,
	'projects.create': () => ({ name: 'another project' }),
	'projects.rename': ({ projectId }) => ({ projectId, name: 'renamed' }),
	'members.list': onProject,
	'members.setRole': ({ projectId, member }) => ({ projectId, userId: member.id, role: 'operator' }),
	'members.remove': ({ projectId, member }) => ({ projectId, userId: member.id }),
	'members.leave': onProject,
	'invitations.list': onProject,
	'invitations.create': ({ projectId }) => ({ projectId, email: 'new@example.test', role: 'viewer' }),
	'invitations.revoke': ({ invitationId }) => ({ invitationId }),
	'tokens.list': onProject,
	'tokens.create': ({ projectId }) => ({
		...{ projectId, name: 'mine', scopes: ['read'], expiresInDays: 7, password },
	}),
	'tokens.revoke': ({ tokenIds }, as) => ({ tokenId: tokenIds[as] }),
	'activity.list': onProject,
	'activity.export': ({ projectId }) => ({ projectId, format: 'csv' }),
	'activity.listInstance': nothing,
	'activity.exportInstance': () => ({ format: 'csv' }),

	'services.catalogue': onProject,
	'services.list': onProject,
	'services.create': ({ projectId }) => ({
		...{ projectId, engine: 'postgres', version: '18' },
		...{ name: 'made-by-test', memoryBytes: 268_435_456 },
	}),
	'services.get': onService,
	'services.start': onService,
	'services.stop': onService,
	'services.restart': onService,
	'services.rename': ({ serviceId }) => ({ serviceId, name: 'renamed-by-test' }),
	'services.resize': ({ serviceId }) => ({ serviceId, memoryBytes: 536_870_912 }),
	'services.setDataLimit': ({ storageServiceId: serviceId }) => ({
		serviceId,
		dataLimitBytes: 1_073_741_824,
	}),
	'services.findUpgrade': onService,
	'services.upgrade': onService,
	'services.settings.get': onService,
	'services.settings.set': ({ serviceId }) => ({ serviceId, values: { max_connections: 100 } }),
	'services.repair': onService,
	'services.rotateRoot': onService,
	'services.remove': ({ serviceId, serviceName }) => ({ serviceId, confirmName: serviceName }),
	'services.restoreFromTrash': onService,
	'services.purge': ({ serviceId, serviceName }) => ({ serviceId, confirmName: serviceName }),
	'services.connection': onService,
	'services.stats': onService,
	'services.growth': onService,
	'services.logs': onService,
	'services.followLogs': onService,

	'operations.list': onProject,
	'operations.get': ({ operationId }) => ({ operationId }),
	'operations.cancel': ({ operationId }) => ({ operationId }),
	'operations.watch': ({ operationId }) => ({ operationId }),
	'operations.watchProject': onProject,

	'databases.list': onService,
	'databases.create': ({ serviceId }) => ({ serviceId, name: 'shop' }),
	'databases.charsets': onService,
	'databases.remove': ({ serviceId }) => ({ serviceId, name: 'shop', confirmName: 'shop' }),
	'databaseUsers.list': onService,
	'databaseUsers.create': ({ serviceId }) => ({ serviceId, name: 'shop_user' }),
	'databaseUsers.setPassword': ({ serviceId }) => ({ serviceId, name: 'shop_user' }),
	'databaseUsers.setGrants': ({ serviceId }) => ({
		...{ serviceId, name: 'shop_user', grants: [{ database: 'shop', level: 'read' }] },
	}),
	'databaseUsers.setAccess': ({ serviceId }) => ({
		...{ serviceId, name: 'shop_user' },
		access: { keyPatterns: ['shop:*'], channelPatterns: [], commands: ['+@read'] },
	}),
	'databaseUsers.grantMatrix': ({ serviceId }) => ({
		...{ serviceId, search: 'shop', cursor: 'a', databaseSearch: 'shop', databaseCursor: 'a' },
	}),
	'databaseUsers.mend': ({ serviceId }) => ({ serviceId, names: ['shop_user'] }),
	'databaseUsers.remove': ({ serviceId }) => ({ serviceId, name: 'shop_user', confirmName: 'shop_user' }),
	'databaseSessions.list': onService,
	'databaseSessions.end': ({ serviceId }) => ({ serviceId, id: '4711 2026-01-01' }),
	'databaseSessions.slowQueries': onService,
	'browser.collections': ({ serviceId }) => ({ serviceId, database: 'shop', search: 'or', cursor: 'a' }),
	'browser.rows': ({ serviceId }) => ({
		serviceId,
		database: 'shop',
		collection: 'public.orders',
		cursor: 'a',
	}),
	'browser.query': ({ serviceId }) => ({ serviceId, database: 'shop', text: 'SELECT 1' }),
	'buckets.list': ({ storageServiceId: serviceId }) => ({ serviceId, search: 'pho', cursor: 'a' }),
	'buckets.get': ({ storageServiceId: serviceId }) => ({ serviceId, name: 'photos' }),
	'buckets.usage': onStorage,
	'buckets.create': ({ storageServiceId: serviceId }) => ({ serviceId, name: 'photos' }),
	'buckets.update': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, name: 'photos', quota: { maxBytes: 1_000_000, maxObjects: null } },
	}),
	'buckets.remove': ({ storageServiceId: serviceId }) => ({
		serviceId,
		name: 'photos',
		confirmName: 'photos',
	}),
	'buckets.empty': ({ storageServiceId: serviceId }) => ({
		serviceId,
		name: 'photos',
		confirmName: 'photos',
	}),
	'storageCopies.check': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, source: outside, secret: 'x'.repeat(40) },
	}),
	'storageCopies.create': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, source: outside, secret: 'x'.repeat(40) },
		buckets: [{ source: 'photos', target: null, isIntoExisting: false }],
	}),
	'storageCopies.options': onStorage,
	'storageCopies.list': onStorage,
	'storageCopies.get': onCopy,
	'storageCopies.report': onCopy,
	'storageCopies.pause': onCopy,
	'storageCopies.resume': onCopy,
	'storageCopies.cancel': onCopy,
	'storageKeys.list': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, search: 'shop', cursor: 'a', bucketSearch: 'pho', bucketCursor: 'a' },
	}),
	'storageKeys.create': ({ storageServiceId: serviceId }) => ({ serviceId, description: 'shop' }),
	'storageKeys.update': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, keyId: 'AKIAIOSFODNN7EXAMPLE', description: 'shop' },
	}),
	'storageKeys.setPermissions': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, keyId: 'AKIAIOSFODNN7EXAMPLE' },
		permissions: [{ bucket: 'photos', read: true, write: false, owner: false }],
	}),
	'storageKeys.remove': ({ storageServiceId: serviceId }) => ({ serviceId, keyId: 'AKIAIOSFODNN7EXAMPLE' }),
	'storageKeys.tryOut': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, keyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'x'.repeat(40), bucket: 'photos' },
	}),
	'objects.list': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, bucket: 'photos', prefix: '2026/', search: 'a', cursor: 'b' },
	}),
	'objects.head': onObject,
	'objects.createFolder': ({ storageServiceId: serviceId }) => ({
		serviceId,
		bucket: 'photos',
		prefix: '2026/',
		name: 'may',
	}),
	'objects.remove': ({ storageServiceId: serviceId }) => ({ serviceId, bucket: 'photos', keys: ['a.txt'] }),
	'objects.removeAll': ({ storageServiceId: serviceId }) => ({
		...{ serviceId, bucket: 'photos', prefixes: ['2026/'], keys: ['a.txt'] },
	}),
	'objects.signedUrl': (project, as) => ({ ...onObject(project, as), expiresInSeconds: 900 }),
	'objects.createUpload': (project, as) => ({ ...onObject(project, as), contentType: 'text/plain' }),
	'objects.listParts': (project, as) => ({ ...onObject(project, as), uploadId: 'a1b2' }),
	'objects.completeUpload': (project, as) => ({
		...{ ...onObject(project, as), uploadId: 'a1b2', parts: 1, sizeBytes: 5 },
	}),
	'objects.abortUpload': (project, as) => ({ ...onObject(project, as), uploadId: 'a1b2' }),
	'secrets.reveal': ({ serviceId }) => ({ serviceId, kind: 'root' }),
};
