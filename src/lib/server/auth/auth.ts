import type { AttemptBooks } from '../audit/attempts';
import type { Db } from '../db/client';
import type { Logger, Redactor } from '../log';
import type { Secret } from '../secret';
import type { Vault } from '../vault';
import { Connections } from './connections';
import type { Credentials, Identity } from './identity';
import { hasOwner, issueSetupToken } from './setup';
import { SecondFactor } from './second-factor';
import { Sessions } from './sessions';
import { LoginThrottle } from './throttle';
import { identifyToken, isLiveToken } from './tokens';

const purgeEveryMs = 60_000;

/** Who may come in: sessions, API tokens, second factors, throttling, and the live sockets that hang on them. */
export class Auth {
	readonly db: Db;
	readonly connections = new Connections();
	readonly sessions: Sessions;
	readonly secondFactor: SecondFactor;
	readonly throttle: LoginThrottle;
	readonly #log: Logger;
	readonly #redactor: Redactor;
	readonly #attempts: AttemptBooks;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: { db: Db; vault: Vault; redactor: Redactor; log: Logger; attempts: AttemptBooks }) {
		this.#attempts = options.attempts;
		this.#redactor = options.redactor;
		this.#log = options.log;
		this.db = options.db;
		this.sessions = new Sessions(options.db, this.connections);
		this.secondFactor = new SecondFactor(options.db, options.vault, options.redactor);
		this.throttle = new LoginThrottle(options.db);
	}

	/** Whose credentials these are, or null when they are unknown, over or revoked. */
	async identify(credentials: Credentials | null): Promise<Identity | null> {
		if (credentials === null) return null;
		switch (credentials.kind) {
			case 'session':
				return this.sessions.identify(credentials.token);
			case 'token':
				return identifyToken(this.db, credentials.token);
		}
	}

	/** False on a new installation, until its first owner is made. */
	hasOwner(): boolean {
		return hasOwner(this.db);
	}

	/** A new token for the one-time setup link, or null when there is an owner already; earlier links end. */
	issueSetupToken(): Secret | null {
		const token = issueSetupToken(this.db);
		if (token) this.#redactor.add(token.reveal());
		return token;
	}

	/** Begins to remove what is over and to write what was counted, once a minute. */
	start(): void {
		this.#timer ??= setInterval(() => {
			this.#safely(() => this.purge());
			this.#safely(() => this.#writeCounts(false));
		}, purgeEveryMs).unref();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#safely(() => this.#writeCounts(true));
	}

	/** Removes what is over, and cuts WebSockets whose session or token is no longer in force, whoever ended it. */
	purge(): void {
		for (const hash of this.connections.credentialHashes()) {
			if (!this.sessions.isLive(hash) && !isLiveToken(this.db, hash)) this.connections.close(hash);
		}
		this.sessions.purge();
		this.throttle.purge();
	}

	/** What was refused too often to have rows of its own. */
	#writeCounts(isForced: boolean): void {
		for (const book of Object.values(this.#attempts)) book.flush({ isForced });
	}

	#safely(work: () => void): void {
		try {
			work();
		} catch (error) {
			this.#log.warn('auth.upkeep_failed', { error });
		}
	}
}
