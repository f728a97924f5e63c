import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
const relativePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/);

/** As Node names it. */
const architecture = z.enum(['x64', 'arm64']);

const npmPackageSchema = z.strictObject({
	name: z.string().regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/),
	version: z.string().regex(/^[0-9][0-9A-Za-z.+-]*$/),
	/** SHA-512 of the package's archive, as registries and lock files write it. */
	integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
	/** The package holds binaries for this one only. */
	architecture,
	/** File name of the package's archive in the build context. */
	as: relativePath,
});

/** Fields added later are optional, not defaulted: what a version does not use must not change its hash. */
const versionRecipeSchema = z.strictObject({
	dockerfile: relativePath,
	/** Debian suite of the base image. */
	suite: name,
	args: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
	npm: z.array(npmPackageSchema).default([]),
	/** The only processor that it can be built for. */
	architecture: architecture.optional(),
	/** Puts the certificates that this machine trusts into the context, for a step that downloads over TLS. */
	certificates: z.literal(true).optional(),
	/** Debian packages that the engine itself is made of: a newer one is a reason to build the image again. */
	packages: z.array(name).optional(),
	/** The official image's tag, where that is not the version's own name. */
	tag: name.optional(),
	/** How long it takes on two processors, when that is longer than the few minutes that the others take. */
	buildMinutes: z.number().int().positive().optional(),
});

export const engineRecipeSchema = z.strictObject({
	/** Name of the official image, with its registry unless that is Docker's default; null when there is none. */
	repository: z
		.string()
		.regex(/^[a-z0-9][a-z0-9._:/-]*$/)
		.nullable(),
	/** Folders of `shared/` whose files belong to the build context as well. */
	shared: z.array(name).optional(),
	/** Null for a version that only the official image has. */
	versions: z.record(name, versionRecipeSchema.nullable()),
});

export const baseRecipeSchema = z.strictObject({
	suites: z.record(
		name,
		z.strictObject({
			/** Whether the suite has updates and security archives of its own. */
			updates: z.boolean(),
			/** For a suite whose mirrors lag behind its short Valid-Until date: how many days its lists are good all the same. */
			validForDays: z.number().int().positive().optional(),
		}),
	),
	remove: z.array(relativePath),
	recreate: z.array(relativePath),
});

export type NpmPackage = z.infer<typeof npmPackageSchema>;
export type VersionRecipe = z.infer<typeof versionRecipeSchema>;
