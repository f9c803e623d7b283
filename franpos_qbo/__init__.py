"""What the tap and the target share: the record contract (``schemas``), and the words of logs and metrics."""
