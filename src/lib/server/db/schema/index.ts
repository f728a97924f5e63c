export * from './audit';
export * from './instance';
export * from './operations';
export * from './projects';
export * from './services';
export * from './storage-copies';
export * from './users';
export * from './vault';
