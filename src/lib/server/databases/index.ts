import { AppError } from '../errors';
import type { Secret } from '../secret';
import { KeyedLock } from '../services/keyed-lock';
import { Databases } from './databases';
import type { DatabaseDeps, DatabaseService } from './deps';
import { DatabaseBrowser, DatabaseSessions } from './live';
import { GrantMatrix } from './matrix';
import { DatabaseUsers } from './users';

type SecretKind = 'root' | 'databaseUser';

/** Databases, users and secrets of the services' engines. */
export function createDatabases<S extends DatabaseService>(options: Omit<DatabaseDeps<S>, 'lock'>) {
	const deps: DatabaseDeps<S> = { ...options, lock: new KeyedLock() };
	const users = new DatabaseUsers<S>(deps);
	return {
		databases: new Databases<S>(deps),
		databaseUsers: users,
		grantMatrix: new GrantMatrix<S>(deps),
		databaseSessions: new DatabaseSessions<S>(deps),
		browser: new DatabaseBrowser<S>(deps),
		/** A secret in clear text, for a person who may see it. Throws NOT_FOUND, SEALED, ENGINE_NOT_READY. */
		async revealSecret(service: S, wanted: { kind: SecretKind; name: string | null }): Promise<Secret> {
			switch (wanted.kind) {
				case 'root':
					return deps.secrets.root(service.id);
				case 'databaseUser':
					if (wanted.name === null)
						throw new AppError('BAD_INPUT', { field: 'name', details: { field: 'name' } });
					return users.reveal(service, wanted.name);
			}
		},
	};
}
