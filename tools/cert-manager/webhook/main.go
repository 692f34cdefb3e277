// Command webhook answers the API server's questions about cert-manager's objects.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	"github.com/cert-manager/cert-manager/sandbox/program"
)

func main() {
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flags := program.Bare(&config.Logging)
	options.AddConfigFlags(flags.FlagSet, config)
	program.Main(flags, func(ctx context.Context) error {
		server, err := webhook.NewCertManagerWebhookServer(logf.FromContext(ctx, "webhook"), *config)
		if err != nil {
			return err
		}
		return server.Run(ctx)
	})
}
