export { Condition, Stack } from "./conditions";
export { Flow, flows, Port } from "./flows";
export { AddressParty, Party, PodParty, Where } from "./parties";
