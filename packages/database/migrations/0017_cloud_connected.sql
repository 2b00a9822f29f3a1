-- A number of the Cloud API has no session that could be away: what is accepted for it may leave.

update instance set status = 'connected', connected = true where transport = 'cloud';
