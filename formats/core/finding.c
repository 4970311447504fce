/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding - see finding.h: the words for severities
 */
#include "formats/core/finding.h"

const char *severity_name(uint32_t severity)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note", [FINDING_WARNING] = "warning", [FINDING_ERROR] = "error",
	};

	/* A severity that is not known comes from a newer or a broken writer: the strictest word is the safe one. */
	return severity < sizeof(names) / sizeof(names[0]) ? names[severity] : "error";
}
