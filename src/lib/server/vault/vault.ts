import { randomBytes } from 'node:crypto';
import { desc } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { vaultKeys } from '../db/schema/index';
import { AppError, isAppError } from '../errors';
import type { Redactor } from '../log';
import { Secret } from '../secret';
import { listCells } from './cells';
import { bindingOf, CipherError, KEY_BYTES, seal, unseal } from './cipher';
import { createKeyFile, readKeyFile } from './key-file';

/** Where a cell is stored; a ciphertext moved to another place does not open. */
export type CellAddress = { table: string; column: string; row: string; key?: string };

/**
 * Why nothing can be opened. `key-missing`, `key-unreadable`, `key-malformed`: the key file is not there or not usable; `key-wrong`: it
 * belongs to other data; `data-keys-missing`: there is ciphertext, but the rows with its keys are gone.
 */
export type SealReason =
	'key-missing' | 'key-unreadable' | 'key-malformed' | 'key-wrong' | 'data-keys-missing';

type VaultOptions = { db: Db; keyFile: string; instanceId: string; redactor: Redactor };
type Opened = { newest: string; dataKeys: Map<string, Buffer> };

const CELL_VERSION = 'v1';
const WRAP_VERSION = 'w1';
const KEY_CHECK = 'sh0 vault key check';
const RETRY_MS = 1000;

/**
 * Secrets at rest. A sealed vault opens by itself, without a restart, once the right key file is back: it looks again at most once a
 * second when asked for its state.
 */
export class Vault {
	readonly #options: VaultOptions;
	#opened: Opened | null = null;
	#reason: SealReason | null = null;
	#nextTryAt = 0;

	constructor(options: VaultOptions) {
		this.#options = options;
		this.#tryOpen();
	}

	get state(): 'open' | 'sealed' {
		if (this.#opened === null && Date.now() >= this.#nextTryAt) this.#tryOpen();
		return this.#opened === null ? 'sealed' : 'open';
	}

	/** Null when open. */
	get sealReason(): SealReason | null {
		return this.state === 'open' ? null : this.#reason;
	}

	/** The secret as text to store at `address`. Throws SEALED. */
	encrypt(address: CellAddress, secret: Secret): string {
		const { newest, dataKeys } = this.#requireOpen();
		const key = dataKeys.get(newest);
		if (key === undefined) throw new AppError('SEALED');
		this.#options.redactor.add(secret.reveal());
		const sealed = seal(key, this.#bindingOf(address), Buffer.from(secret.reveal()));
		return [CELL_VERSION, newest, sealed.toString('base64url')].join('.');
	}

	/** The secret stored at `address`. Throws SEALED, and INTERNAL for a cell that was changed or belongs elsewhere. */
	decrypt(address: CellAddress, cell: string): Secret {
		const { dataKeys } = this.#requireOpen();
		const [version, keyId = '', payload = '', ...rest] = cell.split('.');
		const key = dataKeys.get(keyId);
		const place = `${address.table}.${address.column} of ${address.row}`;
		if (version !== CELL_VERSION || key === undefined || rest.length > 0) {
			throw new AppError('INTERNAL', { message: `the vault cell at ${place} is not readable` });
		}
		try {
			const clear = unseal(key, this.#bindingOf(address), Buffer.from(payload, 'base64url')).toString();
			this.#options.redactor.add(clear);
			return new Secret(clear);
		} catch (cause) {
			throw new AppError('INTERNAL', { cause, message: `the vault cell at ${place} does not verify` });
		}
	}

	#requireOpen(): Opened {
		if (this.state === 'sealed' || this.#opened === null) throw new AppError('SEALED');
		return this.#opened;
	}

	#bindingOf({ table, column, row, key = '' }: CellAddress): Buffer {
		return bindingOf([this.#options.instanceId, table, column, row, key]);
	}

	#tryOpen(): void {
		this.#nextTryAt = Date.now() + RETRY_MS;
		const result = this.#open();
		this.#opened = typeof result === 'string' ? null : result;
		this.#reason = typeof result === 'string' ? result : null;
		if (this.#opened !== null) this.#teachRedactor();
	}

	/** What was stored by an earlier process stays out of this one's logs too. A damaged cell is for the invariants to report. */
	#teachRedactor(): void {
		for (const { address, cell } of listCells(this.#options.db)) {
			try {
				this.decrypt(address, cell);
			} catch (error) {
				if (!isAppError(error, 'INTERNAL')) throw error;
			}
		}
	}

	#open(): Opened | SealReason {
		const { db, keyFile, redactor } = this.#options;
		const hasKeys = this.#storedKeys().length > 0;
		if (!hasKeys && listCells(db).length > 0) return 'data-keys-missing';
		let file = readKeyFile(keyFile);
		// A new master key only where there is nothing yet that an old one could open.
		if (file.state === 'missing' && !hasKeys) file = createKeyFile(keyFile);
		if (file.state !== 'present') return `key-${file.state}`;
		redactor.add(file.key.toString('base64url'));
		if (!hasKeys) this.#addDataKey(file.key);
		return this.#unwrapAll(file.key) ?? 'key-wrong';
	}

	#storedKeys() {
		return this.#options.db.select().from(vaultKeys).orderBy(desc(vaultKeys.createdAt)).all();
	}

	/** Makes the first data key, unless another process was quicker. */
	#addDataKey(masterKey: Buffer): void {
		const id = randomBytes(4).toString('hex');
		const dataKey = randomBytes(KEY_BYTES);
		const wrapped = seal(masterKey, this.#keyBinding('wrapped_key', id), dataKey);
		const check = seal(dataKey, this.#keyBinding('key_check', id), Buffer.from(KEY_CHECK));
		writeTransaction(this.#options.db, (tx) => {
			if (tx.select().from(vaultKeys).get() !== undefined) return;
			tx.insert(vaultKeys)
				.values({
					id,
					wrappedKey: `${WRAP_VERSION}.${wrapped.toString('base64url')}`,
					keyCheck: [CELL_VERSION, id, check.toString('base64url')].join('.'),
					createdAt: new Date(),
				})
				.run();
		});
	}

	#keyBinding(column: 'wrapped_key' | 'key_check', id: string): Buffer {
		return this.#bindingOf({ table: 'vault_keys', column, row: id });
	}

	/** Null unless the master key opens every data key and each data key opens its check value. */
	#unwrapAll(masterKey: Buffer): Opened | null {
		const stored = this.#storedKeys();
		const newest = stored[0]?.id;
		if (newest === undefined) return null;
		const dataKeys = new Map<string, Buffer>();
		for (const row of stored) {
			const dataKey = this.#unwrap(masterKey, row);
			if (dataKey === null) return null;
			dataKeys.set(row.id, dataKey);
		}
		return { newest, dataKeys };
	}

	#unwrap(masterKey: Buffer, row: typeof vaultKeys.$inferSelect): Buffer | null {
		const payload = (text: string) => Buffer.from(text.split('.').at(-1) ?? '', 'base64url');
		try {
			const dataKey = unseal(masterKey, this.#keyBinding('wrapped_key', row.id), payload(row.wrappedKey));
			const check = unseal(dataKey, this.#keyBinding('key_check', row.id), payload(row.keyCheck));
			return check.toString() === KEY_CHECK ? dataKey : null;
		} catch (error) {
			if (error instanceof CipherError) return null;
			throw error;
		}
	}
}

/**
 * Opens the vault, or gives a sealed one when the key file and the data do not belong together; on a new installation it makes the key
 * file (mode 0400) and the first data key.
 */
export function openVault(options: VaultOptions): Vault {
	return new Vault(options);
}
