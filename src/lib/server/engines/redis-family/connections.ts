import { randomBytes } from 'node:crypto';
import { Secret } from '../../secret';
import type { EngineTarget } from '../engine';
import { MAX_ANSWER_BYTES } from '../query-not-allowed';
import { oneAtATime } from '../turns';
import { Connection } from './connection';
import { toEngineError } from './errors';
import { OWN_PREFIX } from './names';
import { asList, asText } from './replies';
import { changeUsers } from './users/change';
import { passwordRule } from './users/digest';

/** Beside the one that root has. */
const maxGuests = 2;
/** A guest older than this was left by a crash. */
const guestLifeMs = 10 * 60_000;

type UserChange = Parameters<typeof changeUsers>[1];

function newGuestName(): string {
	return `${OWN_PREFIX}${Date.now().toString(36)}_${randomBytes(6).toString('hex')}`;
}

function isLeftGuest(name: string): boolean {
	const madeAt = name.startsWith(OWN_PREFIX) ? name.slice(OWN_PREFIX.length).split('_')[0] : undefined;
	return madeAt !== undefined && !(Date.now() - Number.parseInt(madeAt, 36) < guestLifeMs);
}

/** The promise's outcome, or the signal's reason if that comes first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const give = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
		if (signal.aborted) give();
		signal.addEventListener('abort', give, { once: true });
		work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
	});
}

/** The connections to one server: one as root, opened when it is needed, and at most two as guests. */
export class Connections {
	readonly #target: EngineTarget;
	#root: Promise<Connection> | null = null;
	#isClosed = false;
	#guests = 0;
	#waiting: (() => void)[] = [];

	constructor(target: EngineTarget) {
		this.#target = target;
	}

	/** How many connections of ours are open. */
	get count(): number {
		return this.#guests + 1;
	}

	/** Runs as root. Throws AppError; `translate` may give a refusal another meaning first. */
	async run<T>(use: (root: Connection) => Promise<T>, translate = toEngineError): Promise<T> {
		try {
			return await use(await this.#openRoot());
		} catch (error) {
			const fault = translate(error);
			// What does not answer as it should may answer the last question to the next one.
			if (fault.code === 'ENGINE_UNREACHABLE') await this.#closeRoot();
			throw fault;
		}
	}

	/** Runs changes of users one after another, so that each sees what the one before has left. */
	readonly change = oneAtATime();

	/** Changes users and has the server write it down. */
	changeUsers(change: UserChange, translate = toEngineError): Promise<void> {
		return this.run((root) => changeUsers(root, change), translate);
	}

	/**
	 * Runs as a user made for this one call, with these rules and nothing else, on this database. Its replies are 32 MiB at most. What
	 * `use` throws passes through; all else are AppErrors. When `signal` aborts, its reason is thrown at once and the guest is cut off.
	 */
	async asGuest<T>(
		{ rules, database, signal }: { rules: string[]; database: number; signal?: AbortSignal },
		use: (guest: Connection, name: string) => Promise<T>,
	): Promise<T> {
		await this.#takePlace(signal);
		const work = this.#visit({ rules, database, signal }, use).finally(() => this.#givePlace());
		return signal ? untilAborted(work, signal) : work;
	}

	async #visit<T>(
		{ rules, database, signal }: { rules: string[]; database: number; signal: AbortSignal | undefined },
		use: (guest: Connection, name: string) => Promise<T>,
	): Promise<T> {
		const name = newGuestName();
		const password = new Secret(randomBytes(24).toString('base64url'));
		const made = ['reset', 'on', passwordRule(password), ...rules];
		try {
			await this.run((root) => root.call('ACL', 'SETUSER', name, ...made));
			const guest = await this.#openGuest({ name, password, database });
			const cutOff = (): void => guest.cutOff();
			signal?.addEventListener('abort', cutOff, { once: true });
			try {
				signal?.throwIfAborted();
				return await use(guest, name);
			} finally {
				signal?.removeEventListener('abort', cutOff);
				guest.close();
			}
		} finally {
			// Ends its connections as well. Left there by a failure, it goes with a later root's entry.
			await this.run((root) => root.call('ACL', 'DELUSER', name)).catch(() => undefined);
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		// Behind whatever change is still under way.
		await this.change(() => Promise.resolve());
		await this.#closeRoot();
	}

	/** Enters the database as root, which may, and becomes the guest there, which may not leave it. */
	async #openGuest(guest: { name: string; password: Secret; database: number }): Promise<Connection> {
		try {
			const login = { ...this.#target, database: guest.database };
			const connection = await Connection.open(login, { maxReplyBytes: MAX_ANSWER_BYTES });
			try {
				await connection.call('AUTH', guest.name, guest.password.reveal());
				return connection;
			} catch (error) {
				connection.close();
				throw error;
			}
		} catch (error) {
			throw toEngineError(error);
		}
	}

	async #openRoot(): Promise<Connection> {
		const opened = await this.#root?.catch(() => null);
		if (opened?.isOpen) return opened;
		this.#root = this.#enter();
		return this.#root;
	}

	async #enter(): Promise<Connection> {
		const root = await Connection.open(this.#target);
		if (this.#isClosed) root.close();
		else await this.#removeLeftGuests(root);
		return root;
	}

	async #removeLeftGuests(root: Connection): Promise<void> {
		const names = asList(await root.call('ACL', 'USERS')).map(asText);
		const left = names.filter(isLeftGuest);
		if (left.length === 0) return;
		await root.transaction([
			['ACL', 'DELUSER', ...left],
			['CONFIG', 'REWRITE'],
		]);
	}

	async #closeRoot(): Promise<void> {
		const root = this.#root;
		this.#root = null;
		(await root?.catch(() => null))?.close();
	}

	async #takePlace(signal: AbortSignal | undefined): Promise<void> {
		if (this.#guests < maxGuests) {
			this.#guests += 1;
			return;
		}
		const place = new Promise<void>((resolve) => this.#waiting.push(resolve));
		try {
			await (signal ? untilAborted(place, signal) : place);
		} catch (error) {
			// Whoever has given up waiting hands the place on.
			void place.then(() => this.#givePlace());
			throw error;
		}
	}

	#givePlace(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#guests -= 1;
	}
}
