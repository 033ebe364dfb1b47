-- Put a pseudonym in the place of a device: its votes still count, and nobody knows whose they are.
-- :device text required | The device's id
-- :pseudonym text required | What stands there instead: new, random, and noted nowhere
-- :poll text - | Only in this poll, and of parked lines those that name no poll
-- :lines texts - | Parked lines (line_id) whose raw text is to go as well
-- `cube forget` runs it, and does the same to the lake; alone it is half of the work. The text of a
-- parked line goes, its reason stays.
BEGIN;

LOCK TABLE loaded_objects;

UPDATE votes SET device_id = :pseudonym
WHERE device_id = :device AND (:poll IS NULL OR poll = :poll);

UPDATE duplicate_votes SET device_id = :pseudonym
WHERE device_id = :device AND (:poll IS NULL OR poll = :poll);

UPDATE parked_votes SET device_id = :pseudonym, raw = NULL
WHERE device_id = :device AND (:poll IS NULL OR poll = :poll OR poll = '-');

UPDATE parked_votes SET raw = NULL
WHERE line_id IN (:lines);

UPDATE landing SET device_id = :pseudonym, raw = NULL
WHERE device_id = :device AND (:poll IS NULL OR poll = :poll);

COMMIT;
