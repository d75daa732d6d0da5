"""Where documents come from: files and folders, object storage, databases, mailboxes."""
