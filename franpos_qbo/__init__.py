"""What the tap and the target share: the record contract (``contract``), and the words of logs and metrics."""
