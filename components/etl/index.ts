export type { EtlArgs, EtlEgress, EtlInitContainer, EtlRunArgs, EtlVolume } from "./args";
export { EtlCronJob, type EtlCronJobArgs } from "./cron-job";
export { EtlJob } from "./job";
export type { EtlLag, EtlScaling } from "./scaling";
export { EtlService, type EtlProbe, type EtlServiceArgs } from "./service";
export { EtlTask } from "./task";
export { TaskTemplates, type TaskTemplate, type TaskTemplatesArgs } from "./templates";
