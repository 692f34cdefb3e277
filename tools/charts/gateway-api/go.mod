// Pins where the definitions of gateway-api come from; nothing is built of it.
module data-platform/sandbox/charts/gateway-api

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.0
