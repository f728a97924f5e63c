import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
const relativePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/);
const exactVersion = z.string().regex(/^[0-9][0-9A-Za-z.+-]*$/);

/** A file that a package registry has, as the recipe was written for it. */
const archive = {
	version: exactVersion,
	/** SHA-512 of the archive, as npm and its lock files write it. */
	integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
	/** As Node names it: the package holds binaries for this one only. */
	architecture: z.enum(['x64', 'arm64']),
	/** File name of the archive in the build context. */
	as: relativePath,
};

const npmPackageSchema = z.strictObject({
	name: z.string().regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/),
	...archive,
});

const mavenPackageSchema = z.strictObject({
	group: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/),
	artifact: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
	...archive,
});

/** Fields added later are optional, not defaulted: what a version does not use must not change its hash. */
const versionRecipeSchema = z.strictObject({
	dockerfile: relativePath,
	/** Debian suite of the base image. */
	suite: name,
	args: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
	npm: z.array(npmPackageSchema).default([]),
	maven: z.array(mavenPackageSchema).optional(),
	/** Puts the certificates that this machine trusts into the context, for a step that downloads over TLS. */
	certificates: z.literal(true).optional(),
	/** Debian packages that the engine itself is made of: a newer one is a reason to build the image again. */
	packages: z.array(name).optional(),
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
	suites: z.record(name, z.strictObject({ updates: z.boolean() })),
	remove: z.array(relativePath),
	recreate: z.array(relativePath),
});

export type NpmPackage = z.infer<typeof npmPackageSchema>;
export type MavenPackage = z.infer<typeof mavenPackageSchema>;
export type VersionRecipe = z.infer<typeof versionRecipeSchema>;
