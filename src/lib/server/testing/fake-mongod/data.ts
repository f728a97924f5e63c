import { MongoRefusal, type Command } from './command';
import type { Document } from './wire';

/** Databases and their collections; documents are kept as they come, and every `find` gives all of them. */
export class FakeData {
	readonly databases = new Map<string, Map<string, Document[]>>();

	listDatabases({ command }: Command): Document {
		const databases = [...this.databases.keys()].map((name) => ({
			name,
			...(command.nameOnly === true ? {} : { sizeOnDisk: 8192, empty: false }),
		}));
		return { databases, ...(command.nameOnly === true ? {} : { totalSize: 8192 * databases.length }) };
	}

	create({ database, command }: Command): Document {
		const name = String(command.create);
		const folded = database.toLowerCase();
		const twin = [...this.databases.keys()].find((one) => one.toLowerCase() === folded);
		if (twin !== undefined && twin !== database) throw new MongoRefusal(13297, 'DatabaseDifferCase');
		if (this.#collections(database).has(name)) throw new MongoRefusal(48, 'NamespaceExists');
		this.#collections(database).set(name, []);
		return {};
	}

	insert({ database, command }: Command): Document {
		const documents = Array.isArray(command.documents) ? command.documents : [];
		const collections = this.#collections(database);
		const name = String(command.insert);
		collections.set(name, [...(collections.get(name) ?? []), ...documents]);
		return { n: documents.length };
	}

	find({ database, command }: Command): Document {
		const firstBatch = this.databases.get(database)?.get(String(command.find)) ?? [];
		return { cursor: { id: 0n, ns: `${database}.${String(command.find)}`, firstBatch } };
	}

	listCollections({ database }: Command): Document {
		const names = [...(this.databases.get(database)?.keys() ?? [])];
		const firstBatch = names.map((name) => ({ name, type: 'collection' }));
		return { cursor: { id: 0n, ns: `${database}.$cmd.listCollections`, firstBatch } };
	}

	dropDatabase({ database }: Command): Document {
		return this.databases.delete(database) ? { dropped: database } : {};
	}

	dbStats({ database }: Command): Document {
		const collections = this.databases.get(database)?.size ?? 0;
		return { db: database, collections, storageSize: 4096 * collections, indexSize: 4096 * collections };
	}

	#collections(database: string): Map<string, Document[]> {
		const known = this.databases.get(database) ?? new Map<string, Document[]>();
		this.databases.set(database, known);
		return known;
	}
}
