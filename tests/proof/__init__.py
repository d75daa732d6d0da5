"""What the record promises an auditor, tried to destruction: `make proof`."""
