import * as k8s from "@pulumi/kubernetes";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * Rights of a driver: it starts, watches and stops its executors, and takes away what it has left at its end. Of Services it makes none;
 * the operator has made its own. Of ConfigMaps neither: in the one of another driver lies the template of that job's pods.
 */
export const driverRules: Rule[] = [
    {
        apiGroups: [""],
        resources: ["pods"],
        verbs: ["create", "get", "list", "watch", "patch", "delete", "deletecollection"],
    },
    { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "delete", "deletecollection"] },
    // Asked for at its end even where no job has a volume; without the right to look each run would end with a warning.
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "deletecollection"] },
];
