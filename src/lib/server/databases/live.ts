import type { PageRequest } from '../engines/page';
import type { DataBrowser, QueryResult, RowPage, SessionInfo, SlowQuery } from '../engines/engine';
import { AppError } from '../errors';
import { assertCan, browserOf, sessionsOf, type DatabaseDeps, type DatabaseService } from './deps';

type Query = Parameters<DataBrowser['query']>[0];
export type CollectionPage = Awaited<ReturnType<DataBrowser['collections']>>;

/** Live connections of the services' engines. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, NOT_SUPPORTED. */
export class DatabaseSessions<S extends DatabaseService> {
	readonly #deps: DatabaseDeps<S>;

	constructor(deps: DatabaseDeps<S>) {
		this.#deps = deps;
	}

	/** Longest-running statement first. */
	async list(service: S): Promise<SessionInfo[]> {
		assertCan(this.#deps, service, 'sessions');
		const admin = await this.#deps.broker.admin(service);
		return sessionsOf(this.#deps, service, admin).list();
	}

	/** Throws SESSION_NOT_FOUND. */
	async end(service: S, id: string): Promise<void> {
		assertCan(this.#deps, service, 'endSessions');
		const admin = await this.#deps.broker.admin(service);
		await sessionsOf(this.#deps, service, admin).end(id);
	}

	async slowQueries(service: S): Promise<SlowQuery[]> {
		assertCan(this.#deps, service, 'slowQueries');
		const admin = await this.#deps.broker.admin(service);
		const read = sessionsOf(this.#deps, service, admin).slowQueries;
		if (!read) throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine } });
		return read();
	}
}

/** Looks into the data of the services' engines. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, NOT_SUPPORTED. */
export class DatabaseBrowser<S extends DatabaseService> {
	readonly #deps: DatabaseDeps<S>;

	constructor(deps: DatabaseDeps<S>) {
		this.#deps = deps;
	}

	/** Throws DATABASE_NOT_FOUND. */
	async collections(service: S, request: { database: string } & PageRequest): Promise<CollectionPage> {
		return (await this.#browser(service)).collections(request);
	}

	/** Throws DATABASE_NOT_FOUND, COLLECTION_NOT_FOUND. */
	async rows(
		service: S,
		request: { database: string; collection: string; cursor: string | null; limit: number },
	): Promise<RowPage> {
		return (await this.#browser(service)).rows(request);
	}

	/** Throws DATABASE_NOT_FOUND, QUERY_NOT_ALLOWED, QUERY_REFUSED, QUERY_TIMEOUT. */
	async query(service: S, request: Query): Promise<QueryResult> {
		assertCan(this.#deps, service, 'query');
		if (!request.isReadOnly) assertCan(this.#deps, service, 'queryWrites');
		return (await this.#browser(service)).query(request);
	}

	async #browser(service: S): Promise<DataBrowser> {
		assertCan(this.#deps, service, 'browse');
		const admin = await this.#deps.broker.admin(service);
		return browserOf(this.#deps, service, admin);
	}
}
