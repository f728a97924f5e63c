import { writeTransaction, type Db } from '../db/client';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import { cellAddress, randomPassword, type Vault } from '../vault';
import {
	deleteSecretCells,
	findSecretCell,
	putSecretCell,
	updateService,
	type SecretState,
} from './repository';

/** The engine's administrator, whose password only sh0 uses. */
export const ROOT_SECRET = 'root';
/** The root password that the data in a former volume know, which are not asked when root's changes. */
const rootOf = (volume: string) => `${ROOT_SECRET} of ${volume}`;
/** What the container is first started with; gone as soon as the root password has been seen to work. */
export const BOOTSTRAP_SECRET = 'bootstrap';

/** Secrets of services: a new value is `pending` until it has been seen to work, then takes the place of `current`. */
export class ServiceSecrets {
	readonly #db: Db;
	readonly #vault: Vault;

	constructor(db: Db, vault: Vault) {
		this.#db = db;
		this.#vault = vault;
	}

	find(serviceId: string, name: string, state: SecretState): Secret | null {
		const row = findSecretCell(this.#db, serviceId, name, state);
		return row ? this.#vault.decrypt(cellAddress.serviceSecret(serviceId, name), row.cell) : null;
	}

	/** Throws ENGINE_NOT_READY when the service has no root password yet. */
	root(serviceId: string): Secret {
		const secret = this.find(serviceId, ROOT_SECRET, 'current');
		if (!secret) throw new AppError('ENGINE_NOT_READY', { message: `${serviceId} has no root password yet` });
		return secret;
	}

	/** When the root password last changed; part of a connection pool's key. */
	rootChangedAt(serviceId: string): number {
		return findSecretCell(this.#db, serviceId, ROOT_SECRET, 'current')?.changedAt.getTime() ?? 0;
	}

	/** A new random password, stored before it is used anywhere. */
	create(serviceId: string, name: string, state: SecretState): Secret {
		const secret = randomPassword();
		this.keep(serviceId, { name, state, secret });
		return secret;
	}

	/** Stores a secret that the engine has made up, over one of the same name and state. */
	keep(
		serviceId: string,
		{ name, state, secret }: { name: string; state: SecretState; secret: Secret },
	): void {
		const cell = this.#vault.encrypt(cellAddress.serviceSecret(serviceId, name), secret);
		writeTransaction(this.#db, (tx) => putSecretCell(tx, { serviceId, name, state }, cell));
	}

	/** The pending root password becomes the current one; the first time, that ends the service's set-up. */
	promoteRoot(serviceId: string, options: { isFirst: boolean }): void {
		writeTransaction(this.#db, (tx) => {
			const pending = findSecretCell(tx, serviceId, ROOT_SECRET, 'pending');
			if (!pending) return;
			putSecretCell(tx, { serviceId, name: ROOT_SECRET, state: 'current' }, pending.cell);
			deleteSecretCells(tx, serviceId, ROOT_SECRET, 'pending');
			deleteSecretCells(tx, serviceId, BOOTSTRAP_SECRET);
			if (options.isFirst) updateService(tx, serviceId, { initializedAt: new Date() });
		});
	}

	/** Keeps root's password for a volume that goes out of use; within the caller's transaction. */
	keepRootOf(tx: Db, serviceId: string, volume: string): void {
		this.#put(tx, serviceId, { name: rootOf(volume), secret: this.root(serviceId) });
	}

	/** Root's password is that of a former volume again, which comes back into use; within the caller's transaction. */
	bringBackRootOf(tx: Db, serviceId: string, volume: string): void {
		const secret = this.find(serviceId, rootOf(volume), 'current');
		if (secret) this.#put(tx, serviceId, { name: ROOT_SECRET, secret });
		deleteSecretCells(tx, serviceId, rootOf(volume));
	}

	/** For a volume that is gone. */
	dropRootOf(serviceId: string, volume: string): void {
		writeTransaction(this.#db, (tx) => deleteSecretCells(tx, serviceId, rootOf(volume)));
	}

	dropPendingRoot(serviceId: string): void {
		writeTransaction(this.#db, (tx) => deleteSecretCells(tx, serviceId, ROOT_SECRET, 'pending'));
	}

	#put(tx: Db, serviceId: string, { name, secret }: { name: string; secret: Secret }): void {
		const cell = this.#vault.encrypt(cellAddress.serviceSecret(serviceId, name), secret);
		putSecretCell(tx, { serviceId, name, state: 'current' }, cell);
	}

	/** For a service that begins anew. */
	dropAll(serviceId: string): void {
		const hasAny = [ROOT_SECRET, BOOTSTRAP_SECRET].some((name) =>
			(['current', 'pending'] as const).some((state) => findSecretCell(this.#db, serviceId, name, state)),
		);
		if (!hasAny) return;
		writeTransaction(this.#db, (tx) => {
			deleteSecretCells(tx, serviceId, ROOT_SECRET);
			deleteSecretCells(tx, serviceId, BOOTSTRAP_SECRET);
		});
	}
}
