export { cellAddress, listCells, type StoredCell } from './cells';
export { randomPassword } from './password';
export { openVault, type CellAddress, type SealReason, type Vault } from './vault';
