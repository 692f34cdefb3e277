// Command startupapicheck waits until cert-manager's API works: its webhook changes a good request and refuses a bad one.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	logsapi "k8s.io/component-base/logs/api/v1"

	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
	"github.com/cert-manager/cert-manager/sandbox/program"
)

// interval between two tries.
const interval = 5 * time.Second

func main() {
	var wait time.Duration
	flags := program.Bare(logsapi.NewLoggingConfiguration())
	flags.AddKubeconfig()
	flags.DurationVar(&wait, "wait", 0, "how long to try; by default once")
	flags.BoolP("verbose", "v", false, "given by the chart; each try is told of anyway")
	program.Main(flags, func(ctx context.Context) error {
		// The only command of upstream's program, which the chart calls by its name.
		if !slices.Equal(flags.Args(), []string{"check", "api"}) {
			return fmt.Errorf("unknown command %q, known is: check api", flags.Args())
		}
		config, err := flags.Config("startupapicheck")
		if err != nil {
			return err
		}
		checker, err := cmapichecker.New(config, os.Getenv("POD_NAMESPACE"))
		if err != nil {
			return err
		}
		return until(ctx, time.Now().Add(wait), checker)
	})
}

// until tries until the API answers as it should, and fails with the last reason.
func until(ctx context.Context, end time.Time, checker cmapichecker.Interface) error {
	for {
		err := checker.Check(ctx)
		if err == nil {
			fmt.Println("The cert-manager API is ready")
			return nil
		}
		if simple := cmapichecker.TranslateToSimpleError(err); simple != nil {
			err = fmt.Errorf("%w: %w", simple, err)
		}
		if time.Now().Add(interval).After(end) {
			return fmt.Errorf("not ready: %w", err)
		}
		fmt.Fprintf(os.Stderr, "not ready yet: %v\n", err)
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(interval):
		}
	}
}
